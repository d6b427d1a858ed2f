/** An alert rule as its form has it: every field a text, and the requests that they make. */

import type { Schemas } from "../api/client";

export type Rule = Schemas["AlertRule"];
export type Metric = Schemas["ModelMetric"];
type Create = Schemas["AlertRuleCreate"];
type BinSize = Create["bin_size"];

export interface Draft {
  name: string;
  metric: string;
  columns: string[];
  category: string;
  baseline: string;
  segment: string;
  bin: BinSize;
  comparison: Create["compare_to"];
  delta: string;
  condition: Create["condition"];
  isAutomatic: boolean;
  critical: string;
  warning: string;
  criticalMultiplier: string;
  warningMultiplier: string;
  priority: Create["priority"];
  delay: string;
}

export const EMPTY: Draft = {
  name: "",
  metric: "",
  columns: [],
  category: "",
  baseline: "",
  segment: "",
  bin: "Day",
  comparison: "raw_value",
  delta: "",
  condition: "greater",
  isAutomatic: false,
  critical: "",
  warning: "",
  criticalMultiplier: "3",
  warningMultiplier: "2",
  priority: "MEDIUM",
  delay: "0",
};

export const BINS: Record<BinSize, string> = { Hour: "hour", Day: "day", Week: "week", Month: "month" };

/** How many bins earlier a bin can be that is compared with, by the size of bins. */
export const DELTAS: Record<BinSize, number[]> = {
  Hour: [1, 24, 168, 720, 2160],
  Day: [1, 7, 30, 90],
  Week: [1],
  Month: [1],
};

/** How many bins a preview has, and how a sentence calls them. */
export const PREVIEWED: Record<BinSize, { count: number; span: string }> = {
  Hour: { count: 720, span: "30 days" },
  Day: { count: 30, span: "30 days" },
  Week: { count: 12, span: "12 weeks" },
  Month: { count: 12, span: "12 months" },
};

export function draftOf(rule: Rule): Draft {
  const multipliers = rule.auto_threshold_params;
  return {
    name: rule.name,
    metric: rule.metric.id,
    columns: rule.feature_names ?? [],
    category: rule.category ?? "",
    baseline: rule.baseline?.id ?? "",
    segment: rule.segment?.id ?? "",
    bin: rule.bin_size,
    comparison: rule.compare_to,
    delta: rule.compare_bin_delta?.toString() ?? "",
    condition: rule.condition,
    isAutomatic: rule.threshold_type !== "manual",
    critical: rule.critical_threshold?.toString() ?? "",
    warning: rule.warning_threshold?.toString() ?? "",
    criticalMultiplier: multipliers?.critical_multiplier.toString() ?? "3",
    warningMultiplier: multipliers?.warning_multiplier.toString() ?? "2",
    priority: rule.priority,
    delay: String(rule.evaluation_delay),
  };
}

/** Return the request that makes the rule. `metric` is the one that is chosen. */
export function requestOf(model_id: string, draft: Draft, metric: Metric | undefined): Create {
  const takesColumns = (metric?.columns.length ?? 0) > 0 && draft.columns.length > 0;
  return {
    name: draft.name,
    model_id,
    metric_id: draft.metric,
    priority: draft.priority,
    compare_to: draft.comparison,
    condition: draft.condition,
    bin_size: draft.bin,
    evaluation_delay: Number(draft.delay),
    ...(takesColumns && { feature_names: draft.columns }),
    ...(metric?.requires_categories && { category: draft.category }),
    ...(metric?.requires_baseline && draft.baseline && { baseline_id: draft.baseline }),
    ...(draft.segment && { segment_id: draft.segment }),
    ...(draft.comparison === "time_period" && { compare_bin_delta: Number(draft.delta || DELTAS[draft.bin][0]) }),
    ...thresholdsOf(draft),
  };
}

/** Return the request that changes a rule to what its form has. */
export function updateOf(draft: Draft, rule: Rule): Schemas["AlertRuleUpdate"] {
  const thresholds = draft.isAutomatic
    ? { auto_threshold_params: multipliersOf(draft) }
    : { critical_threshold: numberOf(draft.critical), warning_threshold: numberOf(draft.warning) };
  const { priority } = draft;
  return {
    ...(draft.name !== rule.name && { name: draft.name }),
    priority,
    evaluation_delay: Number(draft.delay),
    ...thresholds,
  };
}

/** Return what is missing before a rule can be tried, null if nothing is. */
export function missing(draft: Draft, metric: Metric | undefined): string | null {
  if (!metric) return "a metric";
  if (metric.columns.length > 0 && metric.type !== "data_integrity" && draft.columns.length === 0) return "a column";
  if (metric.requires_categories && !draft.category) return "a category";
  if (!draft.isAutomatic && numberOf(draft.critical) === null) return "a critical threshold";
  return null;
}

/** Return the rule as a request: the one that would make it again. */
export function requestOfRule(rule: Rule): Create {
  const draft = draftOf(rule);
  return {
    ...requestOf(rule.model.id, draft, undefined),
    ...(rule.feature_names && { feature_names: rule.feature_names }),
    ...(rule.category !== null && { category: rule.category }),
    ...(rule.baseline && { baseline_id: rule.baseline.id }),
  };
}

function thresholdsOf(draft: Draft): Partial<Create> {
  if (!draft.isAutomatic) {
    return { critical_threshold: numberOf(draft.critical), warning_threshold: numberOf(draft.warning) };
  }
  return { threshold_type: "standard_deviation_auto_threshold", auto_threshold_params: multipliersOf(draft) };
}

function multipliersOf(draft: Draft): Schemas["AutoThresholdParams"] {
  return {
    critical_multiplier: Number(draft.criticalMultiplier),
    warning_multiplier: Number(draft.warningMultiplier),
  };
}

function numberOf(text: string): number | null {
  const number = Number.parseFloat(text);
  return Number.isFinite(number) ? number : null;
}
