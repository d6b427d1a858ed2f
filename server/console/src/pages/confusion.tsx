/** A confusion matrix: actual classes by row, predicted ones by column, shaded by the share of the row. */

import { count, percent } from "../ui/number";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";

interface Props {
  classes: readonly string[];
  counts: readonly (readonly number[])[];
}

export function Confusion({ classes, counts }: Props) {
  return (
    <TableBox label="Confusion matrix">
      <table class="confusion">
        <thead>
          <tr>
            <td class="quiet">actual ↓ predicted →</td>
            {classes.map((name) => (
              <th key={name} scope="col" class="number">
                <Text value={name} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {classes.map((name, actual) => (
            <tr key={name}>
              <th scope="row">
                <Text value={name} />
              </th>
              {(counts[actual] ?? []).map((value, predicted) => (
                <Cell
                  key={classes[predicted]}
                  value={value}
                  all={(counts[actual] ?? []).reduce((sum, one) => sum + one, 0)}
                  isRight={actual === predicted}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Cell({ value, all, isRight }: { value: number; all: number; isRight: boolean }) {
  const share = all ? value / all : 0;
  return (
    <td class={`number ${isRight ? "right" : "wrong"}`} style={{ "--share": share.toFixed(3) }}>
      {count(value)} <span class="quiet">{all ? percent(100 * share) : ""}</span>
    </td>
  );
}
