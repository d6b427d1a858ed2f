/** The drift of one column: both distributions, what each bin adds, the drift over time, and how it is computed. */

import { api, body, type Schemas } from "../api/client";
import { useLive } from "../api/pulse";
import { Facts } from "../ui/facts";
import { count, figure, percent } from "../ui/number";
import type { Source } from "../ui/plot";
import { Empty, Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { plain, Text } from "../ui/text";
import { linkToPage, type Model } from "../url/routes";
import { useSelection } from "../url/selection";
import { NoEvents } from "./drift";
import { BaselineChoice, type DriftChoice, describeBaseline, MetricChoice } from "./drift-choice";
import { DriftFormula } from "./drift-formula";
import { Overlay } from "./drift-overlay";
import { type Distribution, type Metric, missingShare, partsOf, SHOWN_CATEGORIES, type Side } from "./drift-parts";
import { DriftOverTime } from "./drift-series";
import { Verdict } from "./drift-table";

const PATH = "/v3/monitoring/distribution";

interface Props {
  model: Model;
  baselines: Schemas["Baseline"][];
  choice: DriftChoice;
  column: string;
}

export function DriftColumn({ model, baselines, choice, column }: Props) {
  const selection = useSelection();
  const request = {
    ...selection.body,
    column,
    compare: [{ baseline_id: choice.baseline.id }],
    top: SHOWN_CATEGORIES,
  };
  const distribution = useLive(
    JSON.stringify([selection.key, choice.baseline.id]),
    selection.revision,
    async (signal) => (await body(api.POST(PATH, { body: request, signal }))).data,
  );
  return (
    <>
      <div class="page-head">
        <h1>
          <a href={linkToPage(model.id, "drift", null, choice.query)}>Drift</a> / <Text value={column} />
        </h1>
        <BaselineChoice baselines={baselines} choice={choice} />
        <MetricChoice choice={choice} />
      </div>
      <Loaded resource={distribution}>
        {(found) => (
          <Found
            found={found}
            choice={choice}
            source={{ call: { path: PATH, body: request }, revision: found.data_revision }}
          />
        )}
      </Loaded>
      <DriftOverTime choice={choice} column={column} />
    </>
  );
}

function Found({ found, choice, source }: { found: Distribution; choice: DriftChoice; source: Source }) {
  const [now, before] = found.sides ?? [];
  if (!now || !before) {
    return (
      <Empty title="Neither side has a value of this column.">
        <p>Choose another range at the top, or another baseline.</p>
      </Empty>
    );
  }
  if (now.size + now.nulls === 0) return <NoEvents baseline={choice.baseline} />;
  const parts = partsOf(found, choice.metric);
  const names = { before: plain(choice.baseline.name), now: "Now" };
  return (
    <>
      <DriftFacts now={now} before={before} choice={choice} />
      <Overlay
        parts={parts}
        missing={{ before: missingShare(before), now: missingShare(now) }}
        metric={choice.metric}
        names={names}
        edges={found.edges ?? null}
        source={source}
      />
      <DriftFormula found={found} parts={parts} choice={choice} />
      <Summaries now={now} before={before} names={names} />
    </>
  );
}

function DriftFacts({ now, before, choice }: { now: Side; before: Side; choice: DriftChoice }) {
  const value = (metric: Metric) => {
    const found = before.drifts?.[metric].value ?? null;
    return (
      <span class={metric === choice.metric ? "strong" : ""} title={String(found ?? "")}>
        {found === null ? "–" : figure(found)}
      </span>
    );
  };
  return (
    <Facts
      facts={{
        JSD: value("jsd"),
        PSI: value("psi"),
        Verdict: <Verdict drift={before.drifts?.[choice.metric]} limit={choice.limit} />,
        "Values now": count(now.size),
        "Values of the baseline": count(before.size),
        "Missing now": share(now),
        "Missing in the baseline": share(before),
        Baseline: describeBaseline(choice.baseline),
      }}
    />
  );
}

function share(side: Side): string {
  const missing = missingShare(side);
  return missing === null ? "–" : percent(100 * missing);
}

function Summaries({ now, before, names }: { now: Side; before: Side; names: { before: string; now: string } }) {
  if (!now.summary && !before.summary) return null;
  const levels = (now.summary ?? before.summary)?.levels ?? [];
  return (
    <TableBox label="Summaries of both">
      <table>
        <thead>
          <tr>
            <th scope="col">Events</th>
            {["Least", ...levels.map(levelName), "Greatest", "Mean", "Deviation"].map((name) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Summary name={names.before} of={before.summary} levels={levels.length} />
          <Summary name={names.now} of={now.summary} levels={levels.length} />
        </tbody>
      </table>
    </TableBox>
  );
}

function levelName(level: number): string {
  return level === 0.5 ? "Median" : `${Math.round(100 * level)} %`;
}

function Summary({ name, of, levels }: { name: string; of: Side["summary"]; levels: number }) {
  const values = of
    ? [of.minimum, ...of.quantiles, of.maximum, of.mean, of.deviation]
    : Array<number | null>(levels + 4).fill(null);
  return (
    <tr>
      <th scope="row">{name}</th>
      {values.map((value, place) => (
        <td key={place} class="number" title={value === null ? "" : String(value)}>
          {value === null ? "–" : figure(value)}
        </td>
      ))}
    </tr>
  );
}
