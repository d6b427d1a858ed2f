import { d, p as $, t as a } from "./vendor.js";
import { A as api, _ as place, a as Text, c as Search, d as useResource, i as Time, j as body, p as Copy, s as TableBox, u as count, x as Loaded, y as Empty } from "./shared.js";
import { FirstEvent } from "./first-event.js";
// src/pages/model.tsx
/** One model: its environments and its columns. Without an event, the program that publishes one. */
var REFRESH_MS = 2e3;
var SHOWN = 100;
function ModelPage({ id }) {
	const path = { model_id: id };
	const model = useResource(id, async (signal) => (await body(api.GET("/v3/models/{model_id}", {
		params: { path },
		signal
	}))).data);
	return /* @__PURE__ */ a(Loaded, {
		resource: model,
		children: (found) => /* @__PURE__ */ a(Shown, { model: found }, found.id)
	});
}
function Shown({ model }) {
	return /* @__PURE__ */ a($, { children: [
		/* @__PURE__ */ a("div", {
			class: "page-head",
			children: /* @__PURE__ */ a("h1", { children: [
				/* @__PURE__ */ a(Text, { value: model.name }),
				" ",
				/* @__PURE__ */ a("span", {
					class: "quiet",
					children: model.version
				})
			] })
		}),
		/* @__PURE__ */ a("dl", {
			class: "facts",
			children: [
				/* @__PURE__ */ a(Fact, {
					name: "Project",
					children: /* @__PURE__ */ a(Text, { value: model.project.name })
				}),
				/* @__PURE__ */ a(Fact, {
					name: "Task",
					children: model.task.replaceAll("_", " ").toLowerCase()
				}),
				/* @__PURE__ */ a(Fact, {
					name: "Id column",
					children: model.event_id_col ? /* @__PURE__ */ a(Text, { value: model.event_id_col }) : "none: ids are made"
				}),
				/* @__PURE__ */ a(Fact, {
					name: "Time column",
					children: model.event_ts_col ? /* @__PURE__ */ a(Text, { value: model.event_ts_col }) : "none: time of receipt"
				}),
				/* @__PURE__ */ a(Fact, {
					name: "Created",
					children: /* @__PURE__ */ a(Time, { at: model.created_at })
				}),
				/* @__PURE__ */ a(Fact, {
					name: "Id",
					children: [
						/* @__PURE__ */ a("code", { children: model.id }),
						" ",
						/* @__PURE__ */ a(Copy, {
							text: model.id,
							what: "id of the model"
						})
					]
				})
			]
		}),
		model.description && /* @__PURE__ */ a("p", { children: /* @__PURE__ */ a(Text, { value: model.description }) }),
		/* @__PURE__ */ a(Environments, { model }),
		/* @__PURE__ */ a(Columns, { model })
	] });
}
function Fact({ name, children }) {
	return /* @__PURE__ */ a("div", { children: [/* @__PURE__ */ a("dt", { children: name }), /* @__PURE__ */ a("dd", { children })] });
}
function Environments({ model }) {
	const path = { model_id: model.id };
	const query = { limit: 1e3 };
	const environments = useResource(model.id, async (signal) => (await body(api.GET("/v3/models/{model_id}/environments", {
		params: {
			path,
			query
		},
		signal
	}))).data.items, REFRESH_MS);
	return /* @__PURE__ */ a("section", { children: /* @__PURE__ */ a(Loaded, {
		resource: environments,
		children: (found) => found.some((one) => one.row_count > 0) ? /* @__PURE__ */ a(Counts, { of: found }) : /* @__PURE__ */ a(NoEvent, { model })
	}) });
}
function NoEvent({ model }) {
	return /* @__PURE__ */ a($, { children: [/* @__PURE__ */ a("p", {
		class: "waiting",
		role: "status",
		children: "No events yet. Waiting for the first one"
	}), /* @__PURE__ */ a(FirstEvent, { existing: {
		modelId: model.id,
		event: example(model)
	} })] });
}
function Counts({ of }) {
	const ordered = [...of].sort((a, b) => Number(b.type === "PRODUCTION") - Number(a.type === "PRODUCTION"));
	return /* @__PURE__ */ a($, { children: [/* @__PURE__ */ a("h2", { children: "Events" }), /* @__PURE__ */ a(TableBox, {
		label: "Environments",
		children: /* @__PURE__ */ a("table", { children: [/* @__PURE__ */ a("thead", { children: /* @__PURE__ */ a("tr", { children: [
			/* @__PURE__ */ a("th", {
				scope: "col",
				children: "Environment"
			}),
			/* @__PURE__ */ a("th", {
				scope: "col",
				children: "Kind"
			}),
			/* @__PURE__ */ a("th", {
				scope: "col",
				class: "number",
				children: "Events"
			}),
			/* @__PURE__ */ a("th", {
				scope: "col",
				children: "Created"
			})
		] }) }), /* @__PURE__ */ a("tbody", { children: ordered.map((one) => /* @__PURE__ */ a("tr", { children: [
			/* @__PURE__ */ a("th", {
				scope: "row",
				children: /* @__PURE__ */ a(Text, { value: one.name })
			}),
			/* @__PURE__ */ a("td", { children: one.type === "PRODUCTION" ? "time series" : "dataset" }),
			/* @__PURE__ */ a("td", {
				class: "number",
				children: count(one.row_count)
			}),
			/* @__PURE__ */ a("td", { children: /* @__PURE__ */ a(Time, { at: one.created_at }) })
		] }, one.id)) })] })
	})] });
}
var ROLES = [
	"inputs",
	"outputs",
	"targets",
	"decisions",
	"metadata"
];
function roleOf(model, name) {
	return ROLES.filter((role) => (model.spec[role] ?? []).includes(name)).map((role) => role.replace(/s$/, "")).join(", ") || "none";
}
function Columns({ model }) {
	const [shown, setShown] = d(SHOWN);
	const search = (place.value.query.get("search") ?? "").toLowerCase();
	const columns = model.schema.columns.filter((column) => column.name.toLowerCase().includes(search));
	return /* @__PURE__ */ a("section", { children: [
		/* @__PURE__ */ a("div", {
			class: "page-head",
			children: [/* @__PURE__ */ a("h2", { children: ["Columns ", /* @__PURE__ */ a("span", {
				class: "quiet",
				children: count(model.schema.columns.length)
			})] }), /* @__PURE__ */ a(Search, { label: "Search columns" })]
		}),
		columns.length === 0 && /* @__PURE__ */ a(Empty, { title: "No column has this in its name." }),
		columns.length > 0 && /* @__PURE__ */ a(TableBox, {
			label: "Columns",
			children: /* @__PURE__ */ a("table", { children: [/* @__PURE__ */ a("thead", { children: /* @__PURE__ */ a("tr", { children: [
				/* @__PURE__ */ a("th", {
					scope: "col",
					children: "Column"
				}),
				/* @__PURE__ */ a("th", {
					scope: "col",
					children: "Role"
				}),
				/* @__PURE__ */ a("th", {
					scope: "col",
					children: "Type"
				}),
				/* @__PURE__ */ a("th", {
					scope: "col",
					children: "Allowed"
				})
			] }) }), /* @__PURE__ */ a("tbody", { children: columns.slice(0, shown).map((column) => /* @__PURE__ */ a("tr", { children: [
				/* @__PURE__ */ a("th", {
					scope: "row",
					children: /* @__PURE__ */ a(Text, { value: column.name })
				}),
				/* @__PURE__ */ a("td", { children: roleOf(model, column.name) }),
				/* @__PURE__ */ a("td", { children: column.data_type }),
				/* @__PURE__ */ a("td", { children: /* @__PURE__ */ a(Text, { value: rule(column) }) })
			] }, column.name)) })] })
		}),
		columns.length > shown && /* @__PURE__ */ a("button", {
			type: "button",
			onClick: () => setShown(shown + SHOWN),
			children: [
				"Show ",
				SHOWN,
				" more of ",
				count(columns.length)
			]
		})
	] });
}
function rule(column) {
	if (column.categories?.length) return column.categories.map(String).join(", ");
	const { min, max } = column;
	if (min != null && max != null) return `${min} to ${max}`;
	if (min != null) return `from ${min}`;
	return max != null ? `up to ${max}` : "anything";
}
/** Return an event that fits the columns of a model, without its targets, which are known later. */
function example(model) {
	const later = new Set(model.spec.targets ?? []);
	const columns = model.schema.columns.filter((column) => !later.has(column.name) && column.name !== model.event_ts_col);
	return Object.fromEntries(columns.slice(0, SHOWN).map((column) => [column.name, exampleValue(column)]));
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
export { ModelPage };
