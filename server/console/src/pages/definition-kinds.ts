/** What differs between segments and custom metrics, which are alike otherwise. */

import { api, body, type Schemas } from "../api/client";

export type Definition = Schemas["Segment"];
type Page = Schemas["SegmentList"];
type Rules = Schemas["AlertRule"][];

export interface Kind {
  /** What the check of a definition calls it. */
  kind: Schemas["DefinitionKind"];
  /** The part of the address. */
  part: string;
  title: string;
  noun: string;
  /** What it is, for a list without any. */
  about: string;
  example: string;
  /** By what alert rules name it. */
  ruleField: "segment_id" | "metric_id";
  list: (
    modelId: string,
    query: { limit: number; offset: number; search?: string },
    signal: AbortSignal,
  ) => Promise<Page>;
  get: (id: string, signal: AbortSignal) => Promise<Definition>;
  create: (definition: Schemas["SegmentCreate"]) => Promise<Definition>;
  remove: (id: string) => Promise<unknown>;
}

export const SEGMENT: Kind = {
  kind: "segment",
  part: "segments",
  title: "Segments",
  noun: "segment",
  about: "A segment is a part of the events, by a condition on one event.",
  example: "carrier == 'UA' and distance > 1000",
  ruleField: "segment_id",
  list: async (model_id, query, signal) => {
    const params = { path: { model_id }, query };
    return (await body(api.GET("/v3/models/{model_id}/segments", { params, signal }))).data;
  },
  get: async (segment_id, signal) =>
    (await body(api.GET("/v3/segments/{segment_id}", { params: { path: { segment_id } }, signal }))).data,
  create: async (definition) => (await body(api.POST("/v3/segments", { body: definition }))).data,
  remove: (segment_id) => body(api.DELETE("/v3/segments/{segment_id}", { params: { path: { segment_id } } })),
};

export const METRIC: Kind = {
  kind: "metric",
  part: "metrics",
  title: "Custom metrics",
  noun: "custom metric",
  about: "A custom metric is one number that a formula makes of many events.",
  example: "sum(if(fp(), 1, 0)) / traffic()",
  ruleField: "metric_id",
  list: async (model_id, query, signal) => {
    const params = { path: { model_id }, query };
    return (await body(api.GET("/v3/models/{model_id}/custom-metrics", { params, signal }))).data;
  },
  get: async (custom_metric_id, signal) => {
    const params = { path: { custom_metric_id } };
    return (await body(api.GET("/v3/custom-metrics/{custom_metric_id}", { params, signal }))).data;
  },
  create: async (definition) => (await body(api.POST("/v3/custom-metrics", { body: definition }))).data,
  remove: (custom_metric_id) =>
    body(api.DELETE("/v3/custom-metrics/{custom_metric_id}", { params: { path: { custom_metric_id } } })),
};

/** Return the alert rules that use any of some things of a model. */
export async function rulesUsing(
  field: "segment_id" | "metric_id" | "baseline_id",
  ids: string[],
  signal: AbortSignal,
): Promise<Rules> {
  if (ids.length === 0) return [];
  const query = { limit: 1000, filter: JSON.stringify({ field, operator: "in", value: ids }) };
  return (await body(api.GET("/v3/alert-rules", { params: { query }, signal }))).data.items;
}
