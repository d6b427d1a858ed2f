// Prints the types of an OpenAPI document: node schema.mjs openapi.yaml
import { pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const BLOB = ts.factory.createTypeReferenceNode("Blob");

const nodes = await openapiTS(pathToFileURL(process.argv[2]), {
  // A field with a default may be missing in a request.
  defaultNonNullable: false,
  // The bytes of a file are text by default.
  transform: (schema) => (schema.format === "binary" ? BLOB : undefined),
});
process.stdout.write(astToString(nodes));
