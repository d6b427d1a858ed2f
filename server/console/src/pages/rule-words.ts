/** Alert rules in words. */

import { figure } from "../ui/number";
import { BINS, type Rule } from "./rule-draft";
import { nameOf } from "./rule-metric";

const SHOWN = 3;

/** Say what a rule judges: "range violations of distance, each hour, in Long flights". */
export function aboutOf(rule: Rule): string {
  const columns = rule.feature_names ?? [];
  const more = columns.length > SHOWN ? ` and ${columns.length - SHOWN} more` : "";
  const of = columns.length ? ` of ${columns.slice(0, SHOWN).map(nameOf).join(", ")}${more}` : "";
  const category = rule.category === null ? "" : ` = ${rule.category}`;
  const events = rule.segment ? `, in ${rule.segment.name}` : "";
  const against = rule.baseline ? `, against ${rule.baseline.name}` : "";
  return `${rule.metric.display_name}${of}${category}, each ${BINS[rule.bin_size]}${events}${against}`;
}

/** Say when a rule fires: "above 10 (warning 5)". */
export function limitsOf(rule: Rule): string {
  const side = rule.condition === "greater" ? "above" : "below";
  const { auto_threshold_params: spread } = rule;
  if (spread) {
    return `${side} ${spread.critical_multiplier} (warning ${spread.warning_multiplier}) standard deviations`;
  }
  const warning = rule.warning_threshold === null ? "" : ` (warning ${limit(rule, rule.warning_threshold)})`;
  const verb = rule.condition === "greater" ? "grows by more than" : "falls by more than";
  const how = rule.compare_to === "time_period" ? verb : side;
  return `${how} ${limit(rule, rule.critical_threshold ?? 0)}${warning}${earlier(rule)}`;
}

function limit(rule: Rule, value: number): string {
  return rule.compare_to === "time_period" ? `${figure(Math.abs(value) * 100)}%` : figure(value);
}

function earlier(rule: Rule): string {
  const bins = rule.compare_bin_delta;
  return bins === null ? "" : ` in ${bins} ${BINS[rule.bin_size]}${bins > 1 ? "s" : ""}`;
}
