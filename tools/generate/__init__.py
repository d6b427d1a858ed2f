"""Write everything that follows from openapi.yaml: models, types, operation signatures and the client."""
