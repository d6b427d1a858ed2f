import { C as count, M as Text, Mt as body, P as Time, Q as useResource, St as Loaded, _ as ordering, b as Pager, bt as Empty, g as SortHead, h as TableBox, it as change, jt as api, ot as link, p as Search, st as place } from "./shared.js";
import { FirstEvent } from "./first-event.js";
import { _ as w, t as s } from "./vendor.js";
// src/pages/models.tsx
/** All models, with the number of their production events. */
var LIMIT = 50;
var REFRESH_MS = 2e3;
var USUAL = "name";
function Models() {
	const { query } = place.value;
	const search = query.get("search") ?? "";
	const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
	const order = ordering(USUAL);
	const key = JSON.stringify([
		search,
		offset,
		order
	]);
	const models = useResource(key, async (signal) => {
		const all = {
			limit: LIMIT,
			offset,
			ordering: order
		};
		const params = { query: search ? {
			...all,
			search
		} : all };
		return (await body(api.GET("/v3/models", {
			params,
			signal
		}))).data;
	}, REFRESH_MS);
	return /* @__PURE__ */ s(Loaded, {
		resource: models,
		children: (page) => page.total === 0 && !search ? /* @__PURE__ */ s(FirstEvent, { isWaiting: true }) : /* @__PURE__ */ s(w, { children: [
			/* @__PURE__ */ s("div", {
				class: "page-head",
				children: [/* @__PURE__ */ s("h1", { children: "Models" }), /* @__PURE__ */ s(Search, { label: "Search models by name" })]
			}),
			page.items.length ? /* @__PURE__ */ s(Table, { models: page.items }) : /* @__PURE__ */ s(NoModel, {
				search,
				total: page.total
			}),
			/* @__PURE__ */ s(Pager, {
				offset,
				shown: page.items.length,
				total: page.total,
				limit: LIMIT,
				what: "models"
			})
		] })
	});
}
function Table({ models }) {
	const counts = useCounts(models);
	return /* @__PURE__ */ s(TableBox, {
		label: "Models",
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s(SortHead, {
				field: "name",
				label: "Model",
				usual: USUAL
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Version"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Project"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				class: "number",
				children: "Production events"
			}),
			/* @__PURE__ */ s(SortHead, {
				field: "created_at",
				label: "Created",
				usual: USUAL
			}),
			/* @__PURE__ */ s(SortHead, {
				field: "updated_at",
				label: "Schema changed",
				usual: USUAL
			})
		] }) }), /* @__PURE__ */ s("tbody", { children: models.map((model) => /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "row",
				children: /* @__PURE__ */ s("a", {
					href: link(`/models/${model.id}`),
					children: /* @__PURE__ */ s(Text, { value: model.name })
				})
			}),
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Text, { value: model.version }) }),
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Text, { value: model.project.name }) }),
			/* @__PURE__ */ s("td", {
				class: "number",
				children: /* @__PURE__ */ s(Events, {
					of: counts?.get(model.id),
					model
				})
			}),
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Time, { at: model.created_at }) }),
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Time, { at: model.updated_at }) })
		] }, model.id)) })] })
	});
}
function Events({ of, model }) {
	if (of === void 0) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "…"
	});
	if (of > 0) return /* @__PURE__ */ s(w, { children: count(of) });
	return /* @__PURE__ */ s("a", {
		href: link(`/models/${model.id}`),
		"aria-label": `none yet: publish the first event of ${model.name}`,
		children: "none yet"
	});
}
/** Return the production events of models by their ids; they come after the models, because counting takes longer. */
function useCounts(models) {
	const ids = models.map((model) => model.id);
	const { data } = useResource(ids.join(), async (signal) => {
		const query = {
			type: "PRODUCTION",
			limit: LIMIT,
			filter: JSON.stringify({
				field: "model_id",
				operator: "in",
				value: ids
			})
		};
		const found = (await body(api.GET("/v3/environments", {
			params: { query },
			signal
		}))).data;
		return new Map(found.items.map((one) => [one.model.id, one.row_count]));
	}, REFRESH_MS);
	return data;
}
function NoModel({ search, total }) {
	if (!search) return /* @__PURE__ */ s(Empty, {
		title: `The list ends before this page: there are ${count(total)} models.`,
		children: /* @__PURE__ */ s("button", {
			type: "button",
			onClick: () => change({ offset: null }),
			children: "First page"
		})
	});
	return /* @__PURE__ */ s(Empty, {
		title: `No model has “${search}” in its name.`,
		children: /* @__PURE__ */ s("button", {
			type: "button",
			onClick: () => change({
				search: null,
				offset: null
			}),
			children: "Show all models"
		})
	});
}
export { Models };
