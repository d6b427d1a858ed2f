/** Bins of drift and performance over time. */

import { type Bounds, DAY } from "../url/range";

const MIN_DAYS = 2;
const MAX_DAYS = 120;

/** Return bins of days if the range has some: hours of a day differ, which is neither drift nor a change of performance. */
export function dailyBins({ start, end }: Bounds): { bin_size: "Day" } | { max_bins: number } {
  const days = (end - start) / DAY;
  return days >= MIN_DAYS && days <= MAX_DAYS ? { bin_size: "Day" } : { max_bins: MAX_DAYS };
}
