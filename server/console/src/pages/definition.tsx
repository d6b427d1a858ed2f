/** One segment or custom metric: its definition, what it gives over time, and what uses it. */

import { useState } from "preact/hooks";
import { useResource } from "../api/resource";
import { may } from "../api/session";
import { Copy } from "../ui/copy";
import { Facts } from "../ui/facts";
import { Question } from "../ui/question";
import { Loaded } from "../ui/states";
import { plain, Text } from "../ui/text";
import { Time } from "../ui/time";
import { go } from "../url/location";
import { linkToPage, type Model } from "../url/routes";
import { type Definition, type Kind, rulesUsing } from "./definition-kinds";
import { DefinitionPreview } from "./definition-preview";
import { RuleLinks } from "./rule-links";

interface Props {
  model: Model;
  kind: Kind;
  id: string;
}

export function OneDefinition({ model, kind, id }: Props) {
  const found = useResource(id, (signal) => kind.get(id, signal));
  return <Loaded resource={found}>{(one) => <Shown model={model} kind={kind} one={one} />}</Loaded>;
}

function Shown({ model, kind, one }: { model: Model; kind: Kind; one: Definition }) {
  const [isAsking, setAsking] = useState(false);
  const rules = useResource(one.id, (signal) => rulesUsing(kind.ruleField, [one.id], signal));
  const remove = async () => {
    await kind.remove(one.id);
    go(linkToPage(model.id, kind.part));
  };
  return (
    <>
      <div class="page-head">
        <h1>
          <Text value={one.name} />
        </h1>
        <span class="spacer" />
        {may("manage") && (
          <button type="button" onClick={() => setAsking(true)}>
            Delete
          </button>
        )}
      </div>
      {one.description && (
        <p>
          <Text value={one.description} />
        </p>
      )}
      <pre class="definition">
        <code>{plain(one.definition, "\n")}</code>
        <Copy text={one.definition} what="definition" />
      </pre>
      <Facts
        facts={{
          "Alert rules": <RuleLinks rules={rules.data} error={rules.error} />,
          Created: <Time at={one.created_at} />,
          By: <Text value={one.created_by.full_name} />,
        }}
      />
      {may("read") && <DefinitionPreview kind={kind} definition={one.definition} name={one.name} />}
      {isAsking && (
        <Question title={`Delete ${plain(one.name)}?`} label="Delete" act={remove} onClose={() => setAsking(false)}>
          <p>Events stay. Charts and requests that name this {kind.noun} no longer work.</p>
          {rules.data && rules.data.length > 0 && (
            <p>
              Alert rules use it, so they must be deleted first: <RuleLinks rules={rules.data} error={null} />
            </p>
          )}
        </Question>
      )}
    </>
  );
}
