/** The values that violated a column, those in most events first. */

import type { Schemas } from "../api/client";
import { count } from "../ui/number";
import { PageLink } from "../ui/page-link";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import type { Model } from "../url/routes";

interface Props {
  model: Model;
  column: string;
  values: Schemas["ViolatingValue"][];
  edges: string[];
}

export function ViolatingValues({ model, column, values, edges }: Props) {
  const time = { from: edges[0] ?? null, to: edges.at(-1) ?? null };
  return (
    <TableBox label="Values that violate the column">
      <table>
        <thead>
          <tr>
            <th scope="col">Violation</th>
            <th scope="col">Value as JSON</th>
            <th scope="col" class="number">
              Events
            </th>
          </tr>
        </thead>
        <tbody>
          {values.map(({ kind, value, count: events }) => (
            <tr key={`${kind} ${value}`}>
              <th scope="row">{kind}</th>
              <td>
                <code>{value === null ? <span class="quiet">no value</span> : <Text value={value} />}</code>
              </td>
              <td class="number">
                <PageLink
                  modelId={model.id}
                  page="events"
                  query={{ ...time, f: `any_violation:${encodeURIComponent(column)}:${kind}` }}
                >
                  {count(events)}
                </PageLink>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
