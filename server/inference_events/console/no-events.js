import { FirstEvent } from "./first-event.js";
import { _ as w, t as s } from "./vendor.js";
// src/pages/no-events.tsx
var MAX_COLUMNS = 100;
function NoEvents({ model }) {
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("div", {
		class: "page-head",
		children: [/* @__PURE__ */ s("h1", { children: "No events yet" }), /* @__PURE__ */ s("p", {
			class: "waiting",
			role: "status",
			children: "Waiting for the first one"
		})]
	}), /* @__PURE__ */ s(FirstEvent, { existing: {
		modelId: model.id,
		event: example(model)
	} })] });
}
/** Return an event that fits the columns of a model, without its targets, which are known later. */
function example(model) {
	const later = new Set(model.spec.targets ?? []);
	const columns = model.schema.columns.filter((column) => !later.has(column.name) && column.name !== model.event_ts_col);
	return Object.fromEntries(columns.slice(0, MAX_COLUMNS).map((column) => [column.name, exampleValue(column)]));
}
function exampleValue(column) {
	if (column.categories?.length) return column.categories[0];
	const number = column.min ?? column.max ?? 0;
	switch (column.data_type) {
		case "int":
		case "float": return number;
		case "bool": return false;
		case "timestamp": return "2026-01-01T00:00:00Z";
		case "vector": return Array(column.n_dimensions ?? 1).fill(0);
		default: return `${column.name}-1`;
	}
}
export { NoEvents };
