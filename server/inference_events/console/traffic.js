import { B as useSelection, C as count, J as pulse, T as figure, X as useLive, a as Panel, it as change, r as ColumnChoice, s as readSeries, st as place, ut as HOUR, yt as wallOf } from "./shared.js";
import { n as HeatMap, r as Chart } from "./charts.js";
import { _ as w, t as s } from "./vendor.js";
// src/pages/traffic-week.tsx
/** When in the week events happen: a heat map of weekday by hour, on the clock of the zone. */
var DAYS = [
	"Monday",
	"Tuesday",
	"Wednesday",
	"Thursday",
	"Friday",
	"Saturday",
	"Sunday"
];
var HOURS = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, "0")}:00`);
var MAX_BINS = 2e3;
function WeekHours({ selection }) {
	const { bounds, zone } = selection;
	const isLong = (bounds.end - bounds.start) / HOUR > 1998;
	const title = "Hours of the week";
	const rows = useLive(`week ${isLong} ${selection.key}`, selection.revision, async (signal) => {
		if (isLong) return null;
		const options = {
			bin_size: "Hour",
			max_bins: MAX_BINS
		};
		const { now } = await readSeries({
			...selection,
			compared: null
		}, [{ measure: "count" }], options, signal);
		return week(now.edges, now.groups[0]?.rows ?? [], zone);
	});
	return /* @__PURE__ */ s(Panel, {
		title,
		resource: rows,
		isLow: true,
		children: (found) => found && /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("div", {
			class: "panel-head",
			children: [/* @__PURE__ */ s("h2", { children: title }), /* @__PURE__ */ s("span", {
				class: "quiet",
				children: ["events in an hour on average, ", zone]
			})]
		}), /* @__PURE__ */ s(HeatMap, {
			label: title,
			first: "Day",
			bins: HOURS,
			rows: found,
			top: Math.max(...found.flatMap((row) => row.values.map((value) => value ?? 0))),
			unit: "events an hour",
			write: figure
		})] })
	});
}
/** Return the mean of the events by weekday and hour; null for an hour that the range does not have. */
function week(edges, events, zone) {
	const sums = DAYS.map(() => HOURS.map(() => ({
		events: 0,
		hours: 0
	})));
	for (const [bin, rows] of events.entries()) {
		const [year, month, day, hour] = wallOf(Date.parse(edges[bin] ?? ""), zone);
		const cell = sums[(new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7]?.[hour];
		if (!cell) continue;
		cell.events += rows;
		cell.hours += 1;
	}
	return DAYS.map((name, day) => ({
		name,
		values: (sums[day] ?? []).map((cell) => cell.hours ? cell.events / cell.hours : null)
	}));
}
// src/pages/traffic.tsx
/** Traffic of a model: events over time, together, by environment, or by the values of a column; and by hour of the week. */
var GROUPED = [
	"category",
	"bool",
	"str",
	"int"
];
var MAX_ENVIRONMENTS = 5;
function Traffic({ model }) {
	const selection = useSelection();
	const by = place.value.query.get("by");
	const title = by === null ? "Events" : by === "environment" ? "Events by environment" : "Events by value";
	const series = useLive(`traffic ${by} ${selection.key}`, selection.revision, (signal) => read(selection, model, by, signal));
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [/* @__PURE__ */ s("h1", { children: "Traffic" }), /* @__PURE__ */ s(GroupChoice, {
				model,
				by
			})]
		}),
		/* @__PURE__ */ s(Panel, {
			title,
			resource: series,
			children: (found) => /* @__PURE__ */ s(Chart, {
				title,
				unit: "events",
				span: [0, null],
				write: count,
				...found
			})
		}),
		/* @__PURE__ */ s(WeekHours, { selection })
	] });
}
function GroupChoice({ model, by }) {
	const columns = model.schema.columns.filter((one) => GROUPED.includes(one.data_type)).map((one) => one.name);
	const column = by?.startsWith("column:") ? by.slice(7) : null;
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("select", {
		"aria-label": "Split events",
		value: column === null ? by ?? "" : "column",
		onChange: (event) => {
			const chosen = event.currentTarget.value;
			change({ by: chosen === "column" ? `column:${columns[0] ?? ""}` : chosen || null });
		},
		children: [
			/* @__PURE__ */ s("option", {
				value: "",
				children: "Together"
			}),
			/* @__PURE__ */ s("option", {
				value: "environment",
				children: "By environment"
			}),
			columns.length > 0 && /* @__PURE__ */ s("option", {
				value: "column",
				children: "By a column"
			})
		]
	}), column !== null && /* @__PURE__ */ s(ColumnChoice, {
		label: "Column",
		columns,
		value: column,
		choose: (name) => name && change({ by: `column:${name}` })
	})] });
}
async function read(selection, model, by, signal) {
	if (by === "environment") return readEnvironments(selection, signal);
	const column = by?.startsWith("column:") ? by.slice(7) : null;
	const isKnown = model.schema.columns.some((one) => one.name === column);
	const found = await readSeries(selection, [{ measure: "count" }], column !== null && isKnown ? { group_by: column } : {}, signal);
	return {
		data: column !== null && isKnown ? groups(found.now) : together(found),
		call: found.call,
		revision: found.now.data_revision
	};
}
function together({ now, before }) {
	const rows = now.groups[0]?.rows ?? [];
	const series = [{
		name: "events",
		values: rows,
		form: "bars"
	}];
	const earlier = before?.groups[0]?.rows;
	if (earlier) series.push({
		name: "range before",
		values: fit(earlier, rows.length),
		isCompared: true
	});
	return {
		...bins(now),
		rows,
		series
	};
}
function groups(now) {
	const all = now.groups.map((group) => group.rows);
	const rows = now.complete.map((_, bin) => all.reduce((sum, one) => sum + (one[bin] ?? 0), 0));
	const named = now.groups.filter((group) => group.rows.some((one) => one > 0));
	return {
		...bins(now),
		rows,
		series: named.map((group) => ({
			name: group.is_rest ? "others" : group.name ?? "no value",
			values: group.rows
		}))
	};
}
/** Read each environment on the same bins; the call is that of the one that is shown. */
async function readEnvironments(selection, signal) {
	const environments = (pulse.value?.environments ?? []).slice(0, MAX_ENVIRONMENTS);
	const of = (id) => ({
		...selection,
		compared: null,
		body: {
			...selection.body,
			environment_id: id
		}
	});
	const found = [];
	for (const one of environments) found.push(await readSeries(of(one.id), [{ measure: "count" }], {}, signal));
	const shown = found[environments.findIndex((one) => one.id === selection.environment.id)] ?? found[0];
	if (!shown) throw new Error("the model has no environment");
	const values = found.map(({ now }) => now.groups[0]?.rows ?? []);
	const rows = shown.now.complete.map((_, bin) => values.reduce((sum, one) => sum + (one[bin] ?? 0), 0));
	const series = environments.map((one, n) => ({
		name: one.name,
		values: values[n] ?? []
	}));
	return {
		data: {
			...bins(shown.now),
			rows,
			series
		},
		call: shown.call,
		revision: shown.now.data_revision
	};
}
function bins(now) {
	return {
		edges: now.edges,
		complete: now.complete,
		binSize: now.bin_size
	};
}
/** Return as many values as there are bins: ranges before and after a change of the clock may differ by one. */
function fit(values, length) {
	return Array.from({ length }, (_, bin) => values[bin] ?? null);
}
export { Traffic };
