/** The last hour in numbers: by model, and by minute. */

import type { Schemas } from "../api/client";
import { type Counts, eventsOf, refusedOf } from "../api/ingestion";
import { count, figure } from "../ui/number";
import { Empty } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { link } from "../url/location";

const HEADS = ["Requests", "Refused", "Events", "Created", "Replaced", "Unchanged", "Updated", "Rejected rows"];

export function ByModel({ models }: { models: readonly Schemas["ModelIngestion"][] }) {
  return (
    <section>
      <h2>Models of this hour</h2>
      {models.length === 0 && <Empty title="No model got an event in this hour." />}
      {models.length > 0 && (
        <TableBox label="Models of this hour">
          <table>
            <Head first="Model" />
            <tbody>
              {models.map(({ model, project, counted }) => (
                <tr key={model.id}>
                  <th scope="row">
                    <a href={link(`/models/${model.id}/ingestion`)}>
                      <Text value={model.name} />
                    </a>{" "}
                    <span class="quiet">
                      <Text value={model.version} /> · <Text value={project.name} />
                    </span>
                  </th>
                  <Numbers of={counted} />
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
    </section>
  );
}

export function ByMinute({ minutes }: { minutes: readonly Schemas["IngestionMinute"][] }) {
  const busy = minutes.filter(({ counted }) => counted.requests || eventsOf(counted)).reverse();
  return (
    <details>
      <summary>Numbers by minute</summary>
      <TableBox label="Numbers by minute">
        <table>
          <Head first="Minute" />
          <tbody>
            {busy.map(({ minute, counted }) => (
              <tr key={minute}>
                <th scope="row">
                  <Time at={minute} />
                </th>
                <Numbers of={counted} />
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      {busy.length < minutes.length && <p class="quiet small">Minutes without a request are not listed.</p>}
    </details>
  );
}

function Head({ first }: { first: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        {HEADS.map((head) => (
          <th scope="col" class="number" key={head}>
            {head}
          </th>
        ))}
        <th scope="col" class="number">
          Latency, 50 / 90 / 99 %
        </th>
      </tr>
    </thead>
  );
}

function Numbers({ of }: { of: Counts }) {
  const { latency } = of;
  const numbers = [
    of.requests,
    refusedOf(of),
    eventsOf(of),
    of.created,
    of.replaced,
    of.unchanged,
    of.updated,
    of.rejected,
  ];
  return (
    <>
      {numbers.map((number, n) => (
        <td class="number" key={HEADS[n]}>
          {number ? count(number) : <span class="quiet">0</span>}
        </td>
      ))}
      <td class="number">
        {latency ? `${figure(latency.p50_ms)} / ${figure(latency.p90_ms)} / ${figure(latency.p99_ms)} ms` : "–"}
      </td>
    </>
  );
}
