/** When in the week events happen: a heat map of weekday by hour, on the clock of the zone. */

import { useLive } from "../api/pulse";
import { readSeries } from "../api/series";
import { HeatMap, type HeatRow } from "../chart/heat-map";
import { figure } from "../ui/number";
import { Panel } from "../ui/panel";
import { HOUR } from "../url/range";
import type { Selection } from "../url/selection";
import { wallOf } from "../url/zone";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const HOURS = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, "0")}:00`);
const MAX_BINS = 2000;

export function WeekHours({ selection }: { selection: Selection }) {
  const { bounds, zone } = selection;
  const isLong = (bounds.end - bounds.start) / HOUR > MAX_BINS - 2;
  const title = "Hours of the week";
  const rows = useLive(`week ${isLong} ${selection.key}`, selection.revision, async (signal) => {
    if (isLong) return null;
    const options = { bin_size: "Hour" as const, max_bins: MAX_BINS };
    const { now } = await readSeries({ ...selection, compared: null }, [{ measure: "count" }], options, signal);
    return week(now.edges, now.groups[0]?.rows ?? [], zone);
  });
  return (
    <Panel title={title} resource={rows} isLow>
      {(found) =>
        found && (
          <>
            <div class="panel-head">
              <h2>{title}</h2>
              <span class="quiet">events in an hour on average, {zone}</span>
            </div>
            <HeatMap
              label={title}
              first="Day"
              bins={HOURS}
              rows={found}
              top={Math.max(...found.flatMap((row) => row.values.map((value) => value ?? 0)))}
              unit="events an hour"
              write={figure}
            />
          </>
        )
      }
    </Panel>
  );
}

/** Return the mean of the events by weekday and hour; null for an hour that the range does not have. */
function week(edges: readonly string[], events: readonly number[], zone: string): HeatRow[] {
  const sums = DAYS.map(() => HOURS.map(() => ({ events: 0, hours: 0 })));
  for (const [bin, rows] of events.entries()) {
    const [year, month, day, hour] = wallOf(Date.parse(edges[bin] ?? ""), zone);
    const weekday = (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
    const cell = sums[weekday]?.[hour];
    if (!cell) continue;
    cell.events += rows;
    cell.hours += 1;
  }
  return DAYS.map((name, day) => ({
    name,
    values: (sums[day] ?? []).map((cell) => (cell.hours ? cell.events / cell.hours : null)),
  }));
}
