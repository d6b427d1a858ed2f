/** The bins behind a drift: what each holds on both sides, and what it adds to the distance. */

import type { Schemas } from "../api/client";
import { figure } from "../ui/number";

export type Metric = Schemas["DriftMetric"];
export type Distribution = Schemas["ColumnDistribution"];
export type Side = Schemas["DistributionSide"];

/** Where a drift counts as one, unless the page says otherwise: what is usual for each metric. */
export const USUAL_LIMIT: Record<Metric, number> = { jsd: 0.1, psi: 0.2 };
/** Below this number of events, a drift is mostly chance. */
export const FEW_EVENTS = 100;
/** How many categories are shown one by one. */
export const SHOWN_CATEGORIES = 100;

export interface Part {
  label: string;
  before: number;
  now: number;
  /** Shares of all values, from 0 to 1. */
  beforeShare: number;
  nowShare: number;
  /** What the bin adds to the square of the distance (JSD) or to the index (PSI). */
  term: number;
}

/** Return the bins of a distribution for the events and the side that they are compared with. */
export function partsOf(found: Distribution, metric: Metric): Part[] {
  const [now, before] = found.sides ?? [];
  if (!now || !before) return [];
  const all = [
    open("below", before.below, now.below),
    ...(found.labels ?? []).map((label, bin) => ({
      label: between(found.edges, bin) ?? label,
      before: before.counts[bin] ?? 0,
      now: now.counts[bin] ?? 0,
      isOpen: false,
    })),
    open("above", before.above, now.above),
    open("other", before.other, now.other),
  ].filter((one) => !one.isOpen || one.before + one.now > 0);
  const totals = { before: sum(all, "before"), now: sum(all, "now") };
  return all.map(({ label, ...counts }) => {
    const beforeShare = totals.before ? counts.before / totals.before : 0;
    const nowShare = totals.now ? counts.now / totals.now : 0;
    const term =
      metric === "jsd"
        ? divergence(beforeShare, nowShare)
        : stability(raised(counts.before, totals.before, all.length), raised(counts.now, totals.now, all.length));
    return { label, before: counts.before, now: counts.now, beforeShare, nowShare, term };
  });
}

/** Return the distance that the parts make together. */
export function total(parts: Part[], metric: Metric): number {
  const terms = parts.reduce((all, part) => all + part.term, 0);
  return metric === "jsd" ? Math.sqrt(Math.max(0, terms)) : terms;
}

/** Return the share of the events or items without a value, null without any. */
export function missingShare({ size, nulls }: Pick<Side, "size" | "nulls">): number | null {
  return size + nulls ? nulls / (size + nulls) : null;
}

/** Write a bin between edges as `80 to 570.3`. */
function between(edges: Distribution["edges"], bin: number): string | null {
  return edges ? `${figure(edges[bin] ?? 0)} to ${figure(edges[bin + 1] ?? 0)}` : null;
}

function open(label: string, before: number, now: number) {
  return { label, before, now, isOpen: true };
}

function sum(all: { before: number; now: number }[], side: "before" | "now"): number {
  return all.reduce((total, one) => total + one[side], 0);
}

function divergence(p: number, q: number): number {
  const middle = (p + q) / 2;
  const of = (share: number) => (share ? share * Math.log2(share / middle) : 0);
  return (of(p) + of(q)) / 2;
}

function raised(count: number, total: number, bins: number): number {
  return (count + 1) / (total + bins);
}

function stability(expected: number, actual: number): number {
  return (actual - expected) * Math.log(actual / expected);
}
