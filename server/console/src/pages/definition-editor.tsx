/** The editor of a new segment or custom metric: checked, and tried on the events of the page, before it is saved. */

import { useState } from "preact/hooks";
import { api, body } from "../api/client";
import { useResource } from "../api/resource";
import { useAction } from "../ui/action";
import { Field, Form } from "../ui/form";
import { useSettled } from "../ui/settled";
import { go } from "../url/location";
import { linkToPage, type Model } from "../url/routes";
import type { Kind } from "./definition-kinds";
import { DefinitionPreview } from "./definition-preview";
import { FqlField } from "./fql-field";

export function DefinitionEditor({ model, kind }: { model: Model; kind: Kind }) {
  const [name, setName] = useState("");
  const [definition, setDefinition] = useState("");
  const [description, setDescription] = useState("");
  const settled = useSettled(definition);
  const check = useCheck(model.id, kind, settled);
  const action = useAction();
  const checked = check.data?.of === definition ? check.data.result : null;
  const isValid = checked?.valid === true;
  const list = () => go(linkToPage(model.id, kind.part));
  const save = async () => {
    const wanted = { model_id: model.id, name, definition, description: description || null };
    const made = await kind.create(wanted);
    go(linkToPage(model.id, kind.part, made.id));
  };
  return (
    <>
      <div class="page-head">
        <h1>New {kind.noun}</h1>
      </div>
      <p class="quiet">{kind.about} It cannot be changed later, only deleted.</p>
      <div class="editor">
        <Form action={action} submit={save} label="Save" onCancel={list} isReady={isValid} conflictAt="/name">
          <Field label="Name" at="/name">
            {(input) => (
              <input
                {...input}
                required
                maxLength={255}
                value={name}
                onInput={(event) => setName(event.currentTarget.value)}
              />
            )}
          </Field>
          <FqlField
            model={model}
            example={kind.example}
            value={definition}
            change={setDefinition}
            check={checked}
            error={check.error}
          />
          <Field label="Description" at="/description" hint="Optional: what it is for.">
            {(input) => (
              <input {...input} value={description} onInput={(event) => setDescription(event.currentTarget.value)} />
            )}
          </Field>
        </Form>
        <DefinitionPreview kind={kind} definition={isValid ? definition : null} name={name || `The ${kind.noun}`} />
      </div>
    </>
  );
}

function useCheck(model_id: string, kind: Kind, definition: string) {
  return useResource(JSON.stringify([kind.kind, definition]), async (signal) => {
    if (!definition.trim()) return { of: definition, result: null };
    const wanted = { model_id, kind: kind.kind, definition };
    const result = (await body(api.POST("/v3/monitoring/definitions/check", { body: wanted, signal }))).data;
    return { of: definition, result };
  });
}
