/** Series of measures over time, and those of the range before on the same bins. */

import type { ApiCall } from "../chart/menu";
import { freeze } from "../url/range";
import type { Selection } from "../url/selection";
import { api, body, type Schemas } from "./client";

export type Measure = Schemas["AskedMeasure"];
export type Binned = Required<Schemas["BinnedSeries"]>;

export interface Series {
  now: Binned;
  /** The range before, null unless the page compares. */
  before: Binned | null;
  call: ApiCall;
}

type Options = Pick<Schemas["SeriesRequest"], "bin_size" | "max_bins" | "group_by">;

/** Compute measures over the range of the selection. Throws RequestFailed. */
export async function readSeries(
  selection: Selection,
  measures: Measure[],
  options: Options,
  signal: AbortSignal,
): Promise<Series> {
  const request: Schemas["SeriesRequest"] = { max_bins: 200, ...selection.body, ...options, measures };
  const now = await compute(request, signal);
  const call = { path: "/v3/monitoring/series", body: request };
  if (!selection.compared) return { now, before: null, call };
  const { from: start_time, to: end_time } = freeze(selection.compared);
  const { max_bins: _, ...rest } = request;
  const before = await compute({ ...rest, time_range: { start_time, end_time }, bin_size: now.bin_size }, signal);
  return { now, before, call };
}

async function compute(request: Schemas["SeriesRequest"], signal: AbortSignal): Promise<Binned> {
  return (await body(api.POST("/v3/monitoring/series", { body: request, signal }))).data as Binned;
}
