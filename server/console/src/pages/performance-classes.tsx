/** A model of several classes: its confusion matrix, and how each class fares. */

import type { Schemas } from "../api/client";
import { count, figure } from "../ui/number";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Confusion } from "./confusion";
import { rate } from "./score-curves";

export function Classes({ confusion }: { confusion: NonNullable<Schemas["ConfusionCounts"]> }) {
  const { classes, counts } = confusion;
  return (
    <>
      <h2>By class</h2>
      <TableBox label="Metrics by class">
        <table>
          <thead>
            <tr>
              <th scope="col">Class</th>
              {["Labels", "Predicted", "Precision", "Recall", "F1 score"].map((name) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map((name, place) => (
              <Row key={name} name={name} place={place} counts={counts} />
            ))}
          </tbody>
        </table>
      </TableBox>
      <Confusion classes={classes} counts={counts} />
    </>
  );
}

function Row({ name, place, counts }: { name: string; place: number; counts: readonly (readonly number[])[] }) {
  const right = counts[place]?.[place] ?? 0;
  const actual = (counts[place] ?? []).reduce((sum, one) => sum + one, 0);
  const predicted = counts.reduce((sum, row) => sum + (row[place] ?? 0), 0);
  const rates = [rate(right, predicted), rate(right, actual), rate(2 * right, predicted + actual)];
  return (
    <tr>
      <th scope="row">
        <Text value={name} />
      </th>
      <td class="number">{count(actual)}</td>
      <td class="number">{count(predicted)}</td>
      {rates.map((value, column) => (
        <td key={column} class="number">
          {value === null ? <span class="quiet">–</span> : figure(value)}
        </td>
      ))}
    </tr>
  );
}
