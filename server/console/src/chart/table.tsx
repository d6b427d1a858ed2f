/** The numbers of a chart as a table. */

import { count } from "../ui/number";
import { zone } from "../ui/preferences";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import type { ChartProps } from "./chart";
import { binName, exact, hasCounts, marksIn, reason } from "./data";

export function TableOf({ title, data, write }: ChartProps) {
  const hasMarks = (data.marks?.length ?? 0) > 0;
  return (
    <TableBox label={`Numbers of ${title}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Bin ({zone.value})</th>
            {data.series.map(({ name }) => (
              <th scope="col" class="number" key={name}>
                <Text value={name} />
              </th>
            ))}
            {!hasCounts(data) && (
              <th scope="col" class="number">
                Events
              </th>
            )}
            {hasMarks && <th scope="col">Marks</th>}
          </tr>
        </thead>
        <tbody>
          {data.rows.map((rows, bin) => (
            <tr key={data.edges[bin]}>
              <th scope="row">
                {binName(data.edges, bin, zone.value)}
                {!data.complete[bin] && <span class="quiet"> not ended</span>}
              </th>
              {data.series.map((series) => {
                const value = series.values[bin] ?? null;
                return (
                  <td class="number" key={series.name} title={exact(value)}>
                    {value === null ? <span class="quiet">{reason(series, bin)}</span> : write(value)}
                  </td>
                );
              })}
              {!hasCounts(data) && <td class="number">{count(rows)}</td>}
              {hasMarks && (
                <td>
                  {marksIn(data, bin)
                    .map((mark) => mark.text)
                    .join("; ")}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
