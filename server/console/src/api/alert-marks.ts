/** Records of alerts as marks on the charts over time of their model. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Mark } from "../chart/data";
import { freeze, iso } from "../url/range";
import { linkToPage } from "../url/routes";
import type { Selection } from "../url/selection";
import { api, body, type Schemas } from "./client";
import { pulse, useLive } from "./pulse";

const BEFORE_MS = 14 * 86_400_000;
const AFTER_MS = 2 * 86_400_000;
const MAX_MARKS = 50;

const NONE: readonly Mark[] = [];

/** The alerts in the range of the page, which its charts over time show. */
export const alertMarks = signal<readonly Mark[]>(NONE);

/** Keep the alerts of a range as marks. A dataset has none, because rules do not judge it. */
export function useAlertMarks(selection: Selection | null): void {
  const isJudged = selection?.environment.type === "PRODUCTION";
  const state = `${selection?.revision} ${JSON.stringify(pulse.value?.open_alerts)}`;
  const found = useLive(`marks ${selection?.key}`, state, async (abort): Promise<readonly Mark[]> => {
    if (!selection || !isJudged) return NONE;
    const { from, to } = freeze(selection.bounds);
    const filter = JSON.stringify({
      condition: "AND",
      rules: [
        { field: "model_id", operator: "equal", value: selection.modelId },
        { field: "severity", operator: "not_equal", value: "DEFAULT" },
      ],
    });
    const query = { start_time: from, end_time: to, limit: MAX_MARKS, filter };
    const { items } = (await body(api.GET("/v3/monitoring/alert-records", { params: { query }, signal: abort }))).data;
    return items.map(markOf);
  });
  useEffect(() => {
    alertMarks.value = found.data ?? NONE;
  }, [found.data]);
  useEffect(
    () => () => {
      alertMarks.value = NONE;
    },
    [],
  );
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
