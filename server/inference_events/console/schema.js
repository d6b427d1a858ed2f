import { _ as w, t as s, u as _ } from "./vendor.js";
import { C as count, M as Text, Mt as body, N as plain, O as Copy, P as Time, Q as useResource, St as Loaded, bt as Empty, h as TableBox, jt as api, p as Search, st as place, tt as linkToPage } from "./shared.js";
import { n as rule, t as roleOf } from "./column-words.js";
// src/pages/schema.tsx
/** What a model is: its facts, its environments, and its columns with what is allowed. */
var REFRESH_MS = 2e3;
var SHOWN = 100;
function SchemaPage({ model }) {
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: /* @__PURE__ */ s("h1", { children: [
				/* @__PURE__ */ s(Text, { value: model.name }),
				" ",
				/* @__PURE__ */ s("span", {
					class: "quiet",
					children: plain(model.version)
				})
			] })
		}),
		/* @__PURE__ */ s("dl", {
			class: "facts",
			children: [
				/* @__PURE__ */ s(Fact, {
					name: "Project",
					children: /* @__PURE__ */ s(Text, { value: model.project.name })
				}),
				/* @__PURE__ */ s(Fact, {
					name: "Task",
					children: model.task.replaceAll("_", " ").toLowerCase()
				}),
				/* @__PURE__ */ s(Fact, {
					name: "Id column",
					children: model.event_id_col ? /* @__PURE__ */ s(Text, { value: model.event_id_col }) : "none: ids are made"
				}),
				/* @__PURE__ */ s(Fact, {
					name: "Time column",
					children: model.event_ts_col ? /* @__PURE__ */ s(Text, { value: model.event_ts_col }) : "none: time of receipt"
				}),
				/* @__PURE__ */ s(Fact, {
					name: "Created",
					children: /* @__PURE__ */ s(Time, { at: model.created_at })
				}),
				/* @__PURE__ */ s(Fact, {
					name: "Id",
					children: [
						/* @__PURE__ */ s("code", { children: model.id }),
						" ",
						/* @__PURE__ */ s(Copy, {
							text: model.id,
							what: "id of the model"
						})
					]
				})
			]
		}),
		model.description && /* @__PURE__ */ s("p", { children: /* @__PURE__ */ s(Text, { value: model.description }) }),
		/* @__PURE__ */ s(Environments, { model }),
		/* @__PURE__ */ s(Columns, { model })
	] });
}
function Fact({ name, children }) {
	return /* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: name }), /* @__PURE__ */ s("dd", { children })] });
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
	return /* @__PURE__ */ s("section", { children: /* @__PURE__ */ s(Loaded, {
		resource: environments,
		children: (found) => /* @__PURE__ */ s(Counts, { of: found })
	}) });
}
function Counts({ of }) {
	const ordered = [...of].sort((a, b) => Number(b.type === "PRODUCTION") - Number(a.type === "PRODUCTION"));
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("h2", { children: "Events" }), /* @__PURE__ */ s(TableBox, {
		label: "Environments",
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Environment"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Kind"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				class: "number",
				children: "Events"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Created"
			})
		] }) }), /* @__PURE__ */ s("tbody", { children: ordered.map((one) => /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "row",
				children: /* @__PURE__ */ s(Text, { value: one.name })
			}),
			/* @__PURE__ */ s("td", { children: one.type === "PRODUCTION" ? "time series" : "dataset" }),
			/* @__PURE__ */ s("td", {
				class: "number",
				children: count(one.row_count)
			}),
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Time, { at: one.created_at }) })
		] }, one.id)) })] })
	})] });
}
function Columns({ model }) {
	const [shown, setShown] = _(SHOWN);
	const search = (place.value.query.get("search") ?? "").toLowerCase();
	const columns = model.schema.columns.filter((column) => column.name.toLowerCase().includes(search));
	return /* @__PURE__ */ s("section", { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [/* @__PURE__ */ s("h2", { children: ["Columns ", /* @__PURE__ */ s("span", {
				class: "quiet",
				children: count(model.schema.columns.length)
			})] }), /* @__PURE__ */ s(Search, { label: "Search columns" })]
		}),
		columns.length === 0 && /* @__PURE__ */ s(Empty, { title: "No column has this in its name." }),
		columns.length > 0 && /* @__PURE__ */ s(TableBox, {
			label: "Columns",
			children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: "Column"
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: "Role"
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: "Type"
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: "Allowed"
				})
			] }) }), /* @__PURE__ */ s("tbody", { children: columns.slice(0, shown).map((column) => /* @__PURE__ */ s("tr", { children: [
				/* @__PURE__ */ s("th", {
					scope: "row",
					children: /* @__PURE__ */ s("a", {
						href: linkToPage(model.id, "integrity", column.name),
						children: /* @__PURE__ */ s(Text, { value: column.name })
					})
				}),
				/* @__PURE__ */ s("td", { children: roleOf(model, column.name) }),
				/* @__PURE__ */ s("td", { children: column.data_type }),
				/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Text, { value: rule(column) }) })
			] }, column.name)) })] })
		}),
		columns.length > shown && /* @__PURE__ */ s("button", {
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
export { SchemaPage };
