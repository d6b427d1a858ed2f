import { $ as useLive, j as useSelection, m as count, n as readSeries, t as Panel } from "./shared.js";
import { t as Chart } from "./charts.js";
import { h as w, t as s } from "./vendor.js";
// src/pages/traffic.tsx
/** Traffic of a model: events over time, together or by the values of a column. */
function Traffic(_) {
	const selection = useSelection();
	const series = useLive(selection.key, selection.revision, (signal) => readSeries(selection, [{ measure: "count" }], {}, signal));
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("div", {
		class: "page-head",
		children: /* @__PURE__ */ s("h1", { children: "Traffic" })
	}), /* @__PURE__ */ s(Panel, {
		title: "Events",
		resource: series,
		children: (found) => /* @__PURE__ */ s(Chart, {
			title: "Events",
			unit: "events",
			data: chartData(found),
			span: [0, null],
			write: count,
			call: found.call,
			revision: found.now.data_revision
		})
	})] });
}
function chartData({ now }) {
	const rows = now.groups[0]?.rows ?? [];
	return {
		edges: now.edges,
		complete: now.complete,
		binSize: now.bin_size,
		rows,
		series: [{
			name: "events",
			values: rows,
			form: "bars"
		}]
	};
}
export { Traffic };
