/** The columns of a model by their drift: both distributions in small, the trend, missing values, and a verdict. */

import type { Schemas } from "../api/client";
import { figure, percent } from "../ui/number";
import { highestShare, SmallBars } from "../ui/small-bars";
import { Sparkline } from "../ui/sparkline";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { change, place } from "../url/location";
import { linkToPage } from "../url/routes";
import { FEW_EVENTS, type Metric, missingShare } from "./drift-parts";

type Column = Schemas["SummarizedColumn"];

interface Props {
  modelId: string;
  found: Schemas["SummarizedColumns"];
  metric: Metric;
  limit: number;
  /** What links to one column keep, besides the range. */
  query: Record<string, string | null>;
}

const ORDERS = ["drift", "missing", "name"] as const;
type Order = (typeof ORDERS)[number];

/** Return the order of the page: that of its address, else by drift. */
export function columnOrder(): Order {
  const asked = place.value.query.get("sort");
  return ORDERS.find((one) => one === asked) ?? "drift";
}

export function DriftTable({ modelId, found, metric, limit, query }: Props) {
  return (
    <TableBox label="Drift of columns">
      <table class="drift">
        <thead>
          <tr>
            <OrderHead order="name" label="Column" direction="ascending" />
            <OrderHead order="drift" label={metric.toUpperCase()} direction="descending" />
            <th scope="col">Verdict</th>
            <th scope="col">Trend</th>
            <th scope="col">
              <span class="key key-before" /> Baseline
            </th>
            <th scope="col">
              <span class="key key-now" /> Now
            </th>
            <OrderHead order="missing" label="Missing" direction="descending" />
            <th scope="col" class="number">
              In baseline
            </th>
            <th scope="col">Role</th>
            <th scope="col">Type</th>
          </tr>
        </thead>
        <tbody>
          {(found.columns ?? []).map((column) => (
            <Row
              key={column.column}
              column={column}
              limit={limit}
              link={linkToPage(modelId, "drift", column.column, query)}
            />
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

interface HeadProps {
  order: Order;
  label: string;
  direction: "ascending" | "descending";
}

/** The head of a column by which the server sorts, each in one direction. */
function OrderHead({ order, label, direction }: HeadProps) {
  const isNow = columnOrder() === order;
  const sort = () => change({ sort: order === "drift" ? null : order, offset: null });
  return (
    <th scope="col" class={order === "name" ? "" : "number"} aria-sort={isNow ? direction : "none"}>
      <button type="button" class="sort" onClick={sort}>
        {label}
        <span aria-hidden="true" class="arrow">
          {isNow ? (direction === "ascending" ? "↑" : "↓") : ""}
        </span>
      </button>
    </th>
  );
}

function Row({ column, limit, link }: { column: Column; limit: number; link: string }) {
  const { drift, histograms, trend } = column;
  const highest = histograms ? highestShare(histograms.counts, histograms.baseline_counts) : 0;
  return (
    <tr>
      <th scope="row">
        {drift ? (
          <a href={link}>
            <Text value={column.column} />
          </a>
        ) : (
          <Text value={column.column} />
        )}
      </th>
      <td class="number">{drift?.value == null ? <span class="quiet">–</span> : figure(drift.value)}</td>
      <td>
        <Verdict drift={drift} limit={limit} />
      </td>
      <td>{trend && <Sparkline values={trend} label={`${column.column}: drift over time`} isFromZero />}</td>
      <td>{histograms && <SmallBars counts={histograms.baseline_counts} highest={highest} isBaseline />}</td>
      <td>{histograms && <SmallBars counts={histograms.counts} highest={highest} />}</td>
      <td class="number">
        {share(histograms ? nulls(histograms.counts, histograms.nulls, drift?.sample_size) : null)}
      </td>
      <td class="number quiet">
        {share(histograms ? nulls(histograms.baseline_counts, histograms.baseline_nulls, drift?.baseline_size) : null)}
      </td>
      <td class="quiet">{(column.role ?? "none").replace(/s$/, "")}</td>
      <td class="quiet">{column.data_type}</td>
    </tr>
  );
}

/** Weighted counts say nothing about the number of values, so that comes from the drift. */
function nulls(counts: readonly number[], without: number, size: number | null | undefined): number | null {
  return missingShare({ size: size ?? counts.reduce((sum, one) => sum + one, 0), nulls: without });
}

function share(value: number | null): string {
  return value === null ? "–" : percent(100 * value);
}

/** Say whether a drift is one: in a word, never by colour alone. */
export function Verdict({ drift, limit }: { drift: Schemas["Figure"] | undefined; limit: number }) {
  if (!drift) return <span class="quiet">has none</span>;
  if (drift.value === null) return <span class="quiet">{(drift.reason ?? "undefined").replaceAll("_", " ")}</span>;
  const isFew = Math.min(drift.sample_size, drift.baseline_size ?? drift.sample_size) < FEW_EVENTS;
  if (isFew) return <span class="quiet">too few events</span>;
  return drift.value >= limit ? <strong class="drifted">drifted</strong> : <span class="quiet">ok</span>;
}
