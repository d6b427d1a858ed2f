/** Records of alerts as marks on the charts over time of their model. */

import { api, body, type Schemas } from "../api/client";
import { useLive } from "../api/pulse";
import type { Mark } from "../chart/data";
import { freeze, iso } from "../url/range";
import { linkToPage } from "../url/routes";
import type { Selection } from "../url/selection";

const BEFORE_MS = 14 * 86_400_000;
const AFTER_MS = 2 * 86_400_000;
const MAX_MARKS = 50;
/** Always the same list, because a chart is drawn again if its data are others. */
const NONE: Mark[] = [];

/** Return the alerts in the bins of a range, none for a dataset, which rules do not judge. */
export function useAlertMarks(selection: Selection): Mark[] {
  const isProduction = selection.environment.type === "PRODUCTION";
  const found = useLive(`marks ${selection.key}`, selection.revision, async (signal): Promise<Mark[]> => {
    if (!isProduction) return [];
    const { from, to } = freeze(selection.bounds);
    const filter = JSON.stringify({
      condition: "AND",
      rules: [
        { field: "model_id", operator: "equal", value: selection.modelId },
        { field: "severity", operator: "not_equal", value: "DEFAULT" },
      ],
    });
    const query = { start_time: from, end_time: to, limit: MAX_MARKS, filter };
    const { items } = (await body(api.GET("/v3/monitoring/alert-records", { params: { query }, signal }))).data;
    return items.map(markOf);
  });
  return found.data ?? NONE;
}

function markOf(record: Schemas["MonitoredAlert"]): Mark {
  const of = record.feature_name ? ` of ${record.feature_name}` : "";
  return {
    at: iso(record.alert_time_bucket),
    text: `${record.severity.toLowerCase()}: ${record.alert_rule.name}${of}`,
    isBad: record.severity === "CRITICAL",
    href: linkToPage(record.model.id, "rules", record.alert_rule.id, aroundBin(record.alert_time_bucket)),
  };
}

/** Return the absolute range around a bin that a link to its chart names. */
export function aroundBin(start: number): { from: string; to: string } {
  return freeze({ start: start - BEFORE_MS, end: start + AFTER_MS });
}
