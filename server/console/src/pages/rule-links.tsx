/** The alert rules that use something, as links. */

import type { RequestFailed, Schemas } from "../api/client";
import { Text } from "../ui/text";
import { linkToPage } from "../url/routes";

const SHOWN = 3;

interface Props {
  /** Undefined until it is known. */
  rules: Schemas["AlertRule"][] | undefined;
  error: RequestFailed | null;
}

export function RuleLinks({ rules, error }: Props) {
  if (error) return <span title={error.message}>unknown</span>;
  if (!rules) return <span class="quiet">…</span>;
  if (rules.length === 0) return <span class="quiet">none</span>;
  return (
    <>
      {rules.slice(0, SHOWN).map((rule, place) => (
        <span key={rule.id}>
          {place > 0 && ", "}
          <a href={linkToPage(rule.model.id, "rules", rule.id)}>
            <Text value={rule.name} />
          </a>
        </span>
      ))}
      {rules.length > SHOWN && ` and ${rules.length - SHOWN} more`}
    </>
  );
}
