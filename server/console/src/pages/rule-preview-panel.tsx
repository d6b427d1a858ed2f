/** The preview beside the form of an alert rule: how often it would have fired, and a chart of it. */

import { Chart } from "../chart/chart";
import { count, figure, percent } from "../ui/number";
import { Loaded } from "../ui/states";
import { Time } from "../ui/time";
import { type Draft, PREVIEWED } from "./rule-draft";
import { chartOf, edgesOf, fired, firings, type Judged, type Preview } from "./rule-preview";

interface Props {
  draft: Draft;
  /** What is missing before the rule can be tried. */
  lacks: string | null;
  preview: Preview;
}

export function RulePreview({ draft, lacks, preview }: Props) {
  const { judged, error, isLoading, reload, cancel } = preview;
  return (
    <section class="preview" aria-label="Preview">
      {lacks && (
        <p class="quiet">
          Choose {lacks}, and the past {PREVIEWED[draft.bin].span} are judged by this rule here.
        </p>
      )}
      {!lacks && (
        <Loaded resource={{ data: judged, error, isLoading, reload, cancel }}>
          {(found) => <Shown judged={found} />}
        </Loaded>
      )}
    </section>
  );
}

function Shown({ judged }: { judged: Judged }) {
  const { bins, request } = judged;
  const found = fired(bins);
  const total = found.warning + found.critical;
  return (
    <>
      <p class="verdict" role="status">
        It would have fired <strong>{count(total)}</strong> {total === 1 ? "time" : "times"}: {count(found.critical)}{" "}
        critical, {count(found.warning)} warning. <Undecided judged={judged} />
      </p>
      {request.bin_start !== undefined && (
        <p class="quiet">
          The newest event is old, so the preview ends with its bin:{" "}
          <Time at={edgesOf(bins, request.rule.bin_size).at(-1) ?? null} />.
        </p>
      )}
      <JudgedChart judged={judged} title="What it judges" />
    </>
  );
}

/** Say how many bins have no verdict, and why. */
function Undecided({ judged: { bins } }: { judged: Judged }) {
  const reasons = bins.filter((bin) => bin.state === "no_data" || bin.state === "learning").map((bin) => bin.reason);
  if (reasons.length === 0) return null;
  const words = [...new Set(reasons)].map((reason) => (reason ?? "no value").replaceAll("_", " "));
  return (
    <>
      {count(reasons.length)} of {count(bins.length)} could not be judged ({words.join(", ")}).
    </>
  );
}

interface ChartProps {
  judged: Judged;
  title: string;
}

const MAX_MARKS = 24;

export function JudgedChart({ judged, title }: ChartProps) {
  const { request, bins } = judged;
  const marks = firings(judged);
  const isChange = request.rule.compare_to === "time_period";
  return (
    <Chart
      title={title}
      unit={isChange ? "change" : "value"}
      // So many lines would hide the values.
      data={chartOf(judged, marks.length > MAX_MARKS ? [] : marks)}
      span={[null, null]}
      write={isChange ? (share) => percent(100 * share) : figure}
      call={{ path: "/v3/monitoring/alert-rules/preview", body: request }}
      revision={bins.at(-1)?.data_revision ?? ""}
    />
  );
}
