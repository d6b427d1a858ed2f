import { t as __exportAll } from "./rolldown-runtime.js";
import { _ as w, c as O, m as y, p as x, t as s, u as _ } from "./vendor.js";
import { A as Dialog, B as useSelection, C as count, Dt as may, E as percent, M as Text, Mt as body, N as plain, O as Copy, P as Time, Q as useResource, St as Loaded, T as figure, U as zone, X as useLive, at as go, bt as Empty, c as Facts, d as Form, f as Group, jt as api, l as Question, m as Rows, mt as instant, o as useSettled, p as Search, s as readSeries, tt as linkToPage, u as Field, v as Listing, wt as useAction, y as listQuery } from "./shared.js";
import { r as Chart } from "./charts.js";
// src/pages/baseline-dialog.tsx
/** The dialog that creates a baseline: a whole dataset, a range of production, or a window that moves with time. */
var KINDS = {
	dataset: "All events of a dataset",
	range: "A range of production",
	rolling: "The same span of production, earlier"
};
var SIZES = [
	"Hour",
	"Day",
	"Week",
	"Month"
];
var EMPTY = {
	name: "",
	kind: "dataset",
	dataset: "",
	from: "",
	to: "",
	size: "Week",
	offset: "1"
};
function CreateBaseline({ model, onClose, onMade }) {
	const [draft, setDraft] = _(EMPTY);
	const action = useAction();
	const change = (fields) => setDraft({
		...draft,
		...fields
	});
	const create = async () => {
		await body(api.POST("/v3/baselines", { body: requestOf(model.id, draft) }));
		onMade();
	};
	return /* @__PURE__ */ s(Dialog, {
		title: "New baseline",
		onClose,
		children: /* @__PURE__ */ s(Form, {
			action,
			submit: create,
			label: "Create",
			onCancel: onClose,
			conflictAt: "/name",
			children: [
				/* @__PURE__ */ s(Field, {
					label: "Name",
					at: "/name",
					children: (input) => /* @__PURE__ */ s("input", {
						...input,
						required: true,
						autofocus: true,
						maxLength: 256,
						value: draft.name,
						onInput: (event) => change({ name: event.currentTarget.value })
					})
				}),
				/* @__PURE__ */ s(Group, {
					label: "Its events",
					at: "/type",
					children: Object.keys(KINDS).map((kind) => /* @__PURE__ */ s("label", {
						class: "check",
						children: [/* @__PURE__ */ s("input", {
							type: "radio",
							name: "kind",
							checked: draft.kind === kind,
							onChange: () => change({ kind })
						}), KINDS[kind]]
					}, kind))
				}),
				draft.kind === "dataset" && /* @__PURE__ */ s(DatasetField, {
					model,
					draft,
					change
				}),
				draft.kind === "range" && /* @__PURE__ */ s(RangeFields, {
					draft,
					change
				}),
				draft.kind === "rolling" && /* @__PURE__ */ s(WindowFields, {
					draft,
					change
				})
			]
		})
	});
}
function DatasetField({ model, draft, change }) {
	const params = {
		path: { model_id: model.id },
		query: {
			type: "PRE_PRODUCTION",
			limit: 1e3
		}
	};
	const datasets = useResource(model.id, async (signal) => (await body(api.GET("/v3/models/{model_id}/environments", {
		params,
		signal
	}))).data.items);
	return /* @__PURE__ */ s(Field, {
		label: "Dataset",
		at: "/env_id",
		children: (input) => /* @__PURE__ */ s(Loaded, {
			resource: datasets,
			children: (found) => found.length ? /* @__PURE__ */ s("select", {
				...input,
				required: true,
				value: draft.dataset,
				onChange: (event) => change({ dataset: event.currentTarget.value }),
				children: [/* @__PURE__ */ s("option", {
					value: "",
					children: "Choose a dataset"
				}), found.map((one) => /* @__PURE__ */ s("option", {
					value: one.id,
					children: [
						plain(one.name),
						" (",
						count(one.row_count),
						" events)"
					]
				}, one.id))]
			}) : /* @__PURE__ */ s("p", {
				class: "quiet",
				children: "This model has no dataset. Publish one, or choose another kind."
			})
		})
	});
}
function RangeFields({ draft, change }) {
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s(Field, {
		label: `From (${zone.value})`,
		at: "/start_time",
		children: (input) => /* @__PURE__ */ s("input", {
			...input,
			required: true,
			placeholder: "2026-01-01",
			value: draft.from,
			onInput: (event) => change({ from: event.currentTarget.value })
		})
	}), /* @__PURE__ */ s(Field, {
		label: `Up to, but without (${zone.value})`,
		at: "/end_time",
		children: (input) => /* @__PURE__ */ s("input", {
			...input,
			required: true,
			placeholder: "2026-02-01 00:00",
			value: draft.to,
			onInput: (event) => change({ to: event.currentTarget.value })
		})
	})] });
}
function WindowFields({ draft, change }) {
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s(Field, {
		label: "Window",
		at: "/window_bin_size",
		children: (input) => /* @__PURE__ */ s("select", {
			...input,
			value: draft.size,
			onChange: (event) => change({ size: event.currentTarget.value }),
			children: SIZES.map((size) => /* @__PURE__ */ s("option", {
				value: size,
				children: size.toLowerCase()
			}, size))
		})
	}), /* @__PURE__ */ s(Field, {
		label: "Windows back",
		at: "/offset_delta",
		hint: windowOf(Number(draft.offset) || 1, draft.size),
		children: (input) => /* @__PURE__ */ s("input", {
			...input,
			type: "number",
			min: "1",
			required: true,
			value: draft.offset,
			onInput: (event) => change({ offset: event.currentTarget.value })
		})
	})] });
}
function requestOf(model_id, draft) {
	const { name } = draft;
	if (draft.kind === "dataset") return {
		name,
		model_id,
		type: "STATIC",
		env_type: "PRE_PRODUCTION",
		env_id: draft.dataset
	};
	if (draft.kind === "range") {
		const [start_time, end_time] = [draft.from, draft.to].map((text) => instant(text, Date.now(), zone.value));
		return {
			name,
			model_id,
			type: "STATIC",
			env_type: "PRODUCTION",
			...start_time !== void 0 && { start_time },
			...end_time !== void 0 && { end_time }
		};
	}
	return {
		name,
		model_id,
		type: "ROLLING",
		env_type: "PRODUCTION",
		window_bin_size: draft.size,
		offset_delta: Number(draft.offset)
	};
}
// src/pages/definition-kinds.ts
/** What differs between segments and custom metrics, which are alike otherwise. */
var SEGMENT = {
	kind: "segment",
	part: "segments",
	title: "Segments",
	noun: "segment",
	about: "A segment is a part of the events, by a condition on one event.",
	example: "carrier == 'UA' and distance > 1000",
	ruleField: "segment_id",
	list: async (model_id, query, signal) => {
		const params = {
			path: { model_id },
			query
		};
		return (await body(api.GET("/v3/models/{model_id}/segments", {
			params,
			signal
		}))).data;
	},
	get: async (segment_id, signal) => (await body(api.GET("/v3/segments/{segment_id}", {
		params: { path: { segment_id } },
		signal
	}))).data,
	create: async (definition) => (await body(api.POST("/v3/segments", { body: definition }))).data,
	remove: (segment_id) => body(api.DELETE("/v3/segments/{segment_id}", { params: { path: { segment_id } } }))
};
var METRIC = {
	kind: "metric",
	part: "metrics",
	title: "Custom metrics",
	noun: "custom metric",
	about: "A custom metric is one number that a formula makes of many events.",
	example: "sum(if(fp(), 1, 0)) / traffic()",
	ruleField: "metric_id",
	list: async (model_id, query, signal) => {
		const params = {
			path: { model_id },
			query
		};
		return (await body(api.GET("/v3/models/{model_id}/custom-metrics", {
			params,
			signal
		}))).data;
	},
	get: async (custom_metric_id, signal) => {
		const params = { path: { custom_metric_id } };
		return (await body(api.GET("/v3/custom-metrics/{custom_metric_id}", {
			params,
			signal
		}))).data;
	},
	create: async (definition) => (await body(api.POST("/v3/custom-metrics", { body: definition }))).data,
	remove: (custom_metric_id) => body(api.DELETE("/v3/custom-metrics/{custom_metric_id}", { params: { path: { custom_metric_id } } }))
};
/** Return the alert rules that use any of some things of a model. */
async function rulesUsing(field, ids, signal) {
	if (ids.length === 0) return [];
	const query = {
		limit: 1e3,
		filter: JSON.stringify({
			field,
			operator: "in",
			value: ids
		})
	};
	return (await body(api.GET("/v3/alert-rules", {
		params: { query },
		signal
	}))).data.items;
}
// src/pages/rule-links.tsx
var SHOWN$1 = 3;
function RuleLinks({ rules, error }) {
	if (error) return /* @__PURE__ */ s("span", {
		title: error.message,
		children: "unknown"
	});
	if (!rules) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "…"
	});
	if (rules.length === 0) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "none"
	});
	return /* @__PURE__ */ s(w, { children: [rules.slice(0, SHOWN$1).map((rule, place) => /* @__PURE__ */ s("span", { children: [place > 0 && ", ", /* @__PURE__ */ s("a", {
		href: linkToPage(rule.model.id, "rules", rule.id),
		children: /* @__PURE__ */ s(Text, { value: rule.name })
	})] }, rule.id)), rules.length > SHOWN$1 && ` and ${rules.length - SHOWN$1} more`] });
}
// src/pages/baselines.tsx
/** Baselines of a model: what drift compares with. */
var baselines_exports = /* @__PURE__ */ __exportAll({ BaselinesPage: () => BaselinesPage });
function BaselinesPage({ model }) {
	const [open, setOpen] = _(null);
	const query = listQuery();
	const baselines = useResource(JSON.stringify([model.id, query]), async (signal) => {
		const params = {
			path: { model_id: model.id },
			query
		};
		return (await body(api.GET("/v3/models/{model_id}/baselines", {
			params,
			signal
		}))).data;
	});
	const close = () => setOpen(null);
	const changed = () => {
		close();
		baselines.reload();
	};
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h1", { children: "Baselines" }),
				/* @__PURE__ */ s(Search, { label: "Search baselines" }),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				may("manage") && /* @__PURE__ */ s("button", {
					type: "button",
					class: "main",
					onClick: () => setOpen({ kind: "create" }),
					children: "New baseline"
				})
			]
		}),
		/* @__PURE__ */ s(Listing, {
			resource: baselines,
			what: "baselines",
			none: /* @__PURE__ */ s(None$1, {}),
			children: (items) => /* @__PURE__ */ s(Table$1, {
				of: items,
				remove: (baseline) => setOpen({
					kind: "delete",
					baseline
				})
			})
		}),
		open?.kind === "create" && /* @__PURE__ */ s(CreateBaseline, {
			model,
			onClose: close,
			onMade: changed
		}),
		open?.kind === "delete" && /* @__PURE__ */ s(DeleteBaseline, {
			baseline: open.baseline,
			onClose: close,
			onDeleted: changed
		})
	] });
}
function None$1() {
	return /* @__PURE__ */ s(Empty, {
		title: "This model has no baseline yet.",
		children: /* @__PURE__ */ s("p", { children: "Drift compares events with a baseline. The first publish to a dataset makes one with its name. A rolling baseline needs no dataset: it is the same span of time, earlier." })
	});
}
function Table$1({ of, remove }) {
	const ids = of.map((one) => one.id);
	const rules = useResource(ids.join(), (signal) => rulesUsing("baseline_id", ids, signal));
	const usedBy = (id) => rules.data?.filter((rule) => rule.baseline?.id === id);
	return /* @__PURE__ */ s(Rows, {
		label: "Baselines",
		rows: of,
		id: (one) => one.id,
		columns: [
			{
				head: "Name",
				form: "name",
				cell: (one) => /* @__PURE__ */ s(Text, { value: one.name })
			},
			{
				head: "Kind",
				cell: (one) => one.type === "STATIC" ? "static" : "rolling"
			},
			{
				head: "Its events",
				cell: (one) => /* @__PURE__ */ s(Source, { of: one })
			},
			{
				head: "Events",
				form: "number",
				cell: (one) => one.row_count === null ? "–" : count(one.row_count)
			},
			{
				head: "Alert rules",
				cell: (one) => /* @__PURE__ */ s(RuleLinks, {
					rules: usedBy(one.id),
					error: rules.error
				})
			},
			{
				head: "Created",
				cell: (one) => /* @__PURE__ */ s(Time, { at: one.created_at })
			},
			may("manage") && {
				head: "Actions",
				form: "actions",
				cell: (one) => /* @__PURE__ */ s("button", {
					type: "button",
					class: "small",
					"aria-label": `Delete ${one.name}`,
					onClick: () => remove(one),
					children: "Delete"
				})
			}
		]
	});
}
function Source({ of }) {
	if (of.environment.type === "PRE_PRODUCTION") return /* @__PURE__ */ s(w, { children: ["dataset ", /* @__PURE__ */ s(Text, { value: of.environment.name })] });
	if (of.type === "ROLLING") return /* @__PURE__ */ s(w, { children: windowOf(of.offset_delta ?? 1, of.window_bin_size ?? "Day") });
	return /* @__PURE__ */ s(w, { children: [
		"production, ",
		/* @__PURE__ */ s(Time, { at: iso(of.start_time) }),
		" to ",
		/* @__PURE__ */ s(Time, { at: iso(of.end_time) })
	] });
}
/** Describe the window of a rolling baseline: "production, the day 7 days before". */
function windowOf(offset, size) {
	const unit = size.toLowerCase();
	return `production, the ${unit} ${offset === 1 ? `a ${unit}` : `${offset} ${unit}s`} before`.replace("a hour", "an hour");
}
function iso(milliseconds) {
	return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
function DeleteBaseline({ baseline, onClose, onDeleted }) {
	const remove = async () => {
		const params = { path: { baseline_id: baseline.id } };
		await body(api.DELETE("/v3/baselines/{baseline_id}", { params }));
		onDeleted();
	};
	return /* @__PURE__ */ s(Question, {
		title: `Delete ${plain(baseline.name)}?`,
		label: "Delete",
		act: remove,
		onClose,
		children: /* @__PURE__ */ s("p", { children: "Its events stay. A baseline that an alert rule or a custom metric uses cannot be deleted, and a later publish does not make this one again." })
	});
}
// src/pages/definition-preview.tsx
/** What a definition gives on the events of the page: the count or the figure, and a chart over time. */
function DefinitionPreview({ kind, definition, name }) {
	const selection = useSelection();
	const key = JSON.stringify([
		kind.kind,
		definition,
		selection.key
	]);
	const found = useLive(key, selection.revision, async (signal) => {
		return definition === null ? null : preview(kind, definition, selection, signal);
	});
	return /* @__PURE__ */ s("section", {
		class: "preview",
		"aria-label": "Preview",
		children: [definition === null && /* @__PURE__ */ s("p", {
			class: "quiet",
			children: "As soon as the definition is valid, it is tried here on the events of the chosen range."
		}), definition !== null && /* @__PURE__ */ s(Loaded, {
			resource: found,
			children: (shown) => shown && /* @__PURE__ */ s(Shown$1, {
				kind,
				name,
				found: shown
			})
		})]
	});
}
async function preview(kind, definition, selection, signal) {
	const counted = await countOf(kind, definition, selection, signal);
	if (kind.kind === "metric") return {
		counted,
		all: await readSeries(selection, [{
			measure: "custom_metric",
			definition
		}], {}, signal),
		part: null
	};
	const measures = [{ measure: "count" }];
	const of = {
		...selection,
		body: {
			...selection.body,
			segment: { definition }
		}
	};
	const [all, part] = await Promise.all([readSeries(selection, measures, {}, signal), readSeries(of, measures, {}, signal)]);
	return {
		counted,
		all,
		part
	};
}
/** Try a definition on the events of a selection. Throws RequestFailed. */
async function countOf({ kind }, definition, { modelId, body: of }, signal) {
	const wanted = {
		model_id: modelId,
		kind,
		definition,
		preview: {
			environment_id: of.environment_id,
			time_range: of.time_range
		}
	};
	const { data } = await body(api.POST("/v3/monitoring/definitions/check", {
		body: wanted,
		signal
	}));
	return data.preview ?? {
		rows: 0,
		data_revision: ""
	};
}
function Shown$1({ kind, name, found }) {
	const { counted, all, part } = found;
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("p", {
		class: "verdict",
		role: "status",
		children: /* @__PURE__ */ s(Verdict$1, { of: counted })
	}), /* @__PURE__ */ s(Chart, {
		title: name,
		unit: kind.kind === "segment" ? "events" : "value",
		data: part ? ofSegment(all, part) : ofMetric(all),
		span: [kind.kind === "segment" ? 0 : null, null],
		write: kind.kind === "segment" ? count : figure,
		call: (part ?? all).call,
		revision: all.now.data_revision
	})] });
}
/** Say how many events are in a segment, or what a metric is. */
function Verdict$1({ of }) {
	if (of.figure) {
		const { value, reason } = of.figure;
		return /* @__PURE__ */ s(w, { children: [
			value === null ? `No value: ${(reason ?? "undefined").replaceAll("_", " ")}` : /* @__PURE__ */ s("strong", { children: figure(value) }),
			" ",
			"for ",
			count(of.rows),
			" events"
		] });
	}
	const matching = of.matching ?? 0;
	const share = of.rows ? ` (${percent(100 * matching / of.rows)})` : "";
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("strong", { children: count(matching) }),
		" of ",
		count(of.rows),
		" events",
		share,
		" are in the segment"
	] });
}
function ofSegment(all, part) {
	const rows = all.now.groups[0]?.rows ?? [];
	return {
		edges: all.now.edges,
		complete: all.now.complete,
		binSize: all.now.bin_size,
		rows,
		series: [{
			name: "in the segment",
			values: part.now.groups[0]?.rows ?? [],
			form: "line"
		}, {
			name: "all events",
			values: rows,
			isCompared: true
		}]
	};
}
function ofMetric({ now }) {
	const measured = now.groups[0]?.measures[0];
	return {
		edges: now.edges,
		complete: now.complete,
		binSize: now.bin_size,
		rows: now.groups[0]?.rows ?? [],
		series: [{
			name: "value",
			values: measured?.values ?? [],
			reasons: measured?.reasons ?? []
		}]
	};
}
// src/pages/definition.tsx
/** One segment or custom metric: its definition, what it gives over time, and what uses it. */
function OneDefinition({ model, kind, id }) {
	const found = useResource(id, (signal) => kind.get(id, signal));
	return /* @__PURE__ */ s(Loaded, {
		resource: found,
		children: (one) => /* @__PURE__ */ s(Shown, {
			model,
			kind,
			one
		})
	});
}
function Shown({ model, kind, one }) {
	const [isAsking, setAsking] = _(false);
	const rules = useResource(one.id, (signal) => rulesUsing(kind.ruleField, [one.id], signal));
	const remove = async () => {
		await kind.remove(one.id);
		go(linkToPage(model.id, kind.part));
	};
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h1", { children: /* @__PURE__ */ s(Text, { value: one.name }) }),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				may("manage") && /* @__PURE__ */ s("button", {
					type: "button",
					onClick: () => setAsking(true),
					children: "Delete"
				})
			]
		}),
		one.description && /* @__PURE__ */ s("p", { children: /* @__PURE__ */ s(Text, { value: one.description }) }),
		/* @__PURE__ */ s("pre", {
			class: "definition",
			children: [/* @__PURE__ */ s("code", { children: plain(one.definition, "\n") }), /* @__PURE__ */ s(Copy, {
				text: one.definition,
				what: "definition"
			})]
		}),
		/* @__PURE__ */ s(Facts, { facts: {
			"Alert rules": /* @__PURE__ */ s(RuleLinks, {
				rules: rules.data,
				error: rules.error
			}),
			Created: /* @__PURE__ */ s(Time, { at: one.created_at }),
			By: /* @__PURE__ */ s(Text, { value: one.created_by.full_name })
		} }),
		may("read") && /* @__PURE__ */ s(DefinitionPreview, {
			kind,
			definition: one.definition,
			name: one.name
		}),
		isAsking && /* @__PURE__ */ s(Question, {
			title: `Delete ${plain(one.name)}?`,
			label: "Delete",
			act: remove,
			onClose: () => setAsking(false),
			children: [/* @__PURE__ */ s("p", { children: [
				"Events stay. Charts and requests that name this ",
				kind.noun,
				" no longer work."
			] }), rules.data && rules.data.length > 0 && /* @__PURE__ */ s("p", { children: ["Alert rules use it, so they must be deleted first: ", /* @__PURE__ */ s(RuleLinks, {
				rules: rules.data,
				error: null
			})] })]
		})
	] });
}
// src/pages/fql-columns.ts
/** Complete the name of a column in a definition. */
var PLAIN = /^[A-Za-z_][\w.]*$/;
var WORDS = /* @__PURE__ */ new Set([
	"and",
	"or",
	"not",
	"true",
	"false",
	"null"
]);
/** Return the part of a column's name before the caret, empty if there is none. */
function offered(text, caret) {
	return begun(text, caret).name;
}
/** Return the text with a name in place of the part at the caret, and where the caret is then. */
function completed(text, caret, name) {
	const { from, isQuoted } = begun(text, caret);
	const rest = text.slice(caret).replace(isQuoted ? /^"/ : /^[\w.]+/, "");
	const written = PLAIN.test(name) && !WORDS.has(name.toLowerCase()) ? name : `"${name.replaceAll("\"", "\"\"")}"`;
	return {
		text: text.slice(0, from) + written + rest,
		caret: from + written.length
	};
}
function begun(text, caret) {
	const before = text.slice(0, caret);
	const open = openQuote(before);
	if (open !== null && before[open] === "\"") return {
		from: open,
		name: before.slice(open + 1).replaceAll("\"\"", "\""),
		isQuoted: true
	};
	const name = open === null ? /[A-Za-z_][\w.]*$/.exec(before)?.[0] ?? "" : "";
	return {
		from: caret - name.length,
		name,
		isQuoted: false
	};
}
/** Return where the quote begins that is still open at the end of a text, null if none is. */
function openQuote(text) {
	let open = null;
	for (let place = 0; place < text.length; place++) {
		const one = text[place];
		if (open === null) {
			if (one === "'" || one === "\"") open = place;
		} else if (one === text[open]) {
			if (text[place + 1] === one) place++;
			else open = null;
		}
	}
	return open;
}
// src/pages/fql-field.tsx
/** The field of a definition: the server checks it while one types, and the place of a fault is marked. */
function FqlField({ model, example, value, change, check, error }) {
	const id = O();
	const area = x(null);
	const [caret, setCaret] = _(0);
	const fault = value && check?.valid === false ? check : null;
	const moveTo = (position) => {
		area.current?.focus();
		area.current?.setSelectionRange(position, position);
		setCaret(position);
	};
	const complete = (name) => {
		const next = completed(value, caret, name);
		change(next.text);
		requestAnimationFrame(() => moveTo(next.caret));
	};
	const note = () => setCaret(area.current?.selectionStart ?? 0);
	return /* @__PURE__ */ s("div", {
		class: "field",
		children: [
			/* @__PURE__ */ s("label", {
				for: id,
				children: "Definition"
			}),
			/* @__PURE__ */ s("div", {
				class: "fql",
				children: [/* @__PURE__ */ s("pre", {
					"aria-hidden": "true",
					children: /* @__PURE__ */ s(Marked, {
						text: value,
						at: fault?.position ?? null
					})
				}), /* @__PURE__ */ s("textarea", {
					ref: area,
					id,
					required: true,
					maxLength: 1e4,
					spellcheck: false,
					autocomplete: "off",
					autocapitalize: "off",
					placeholder: example,
					"aria-invalid": fault !== null,
					"aria-describedby": `${id}-check`,
					value,
					onInput: (event) => {
						change(event.currentTarget.value);
						note();
					},
					onKeyUp: note,
					onClick: note
				})]
			}),
			/* @__PURE__ */ s("div", {
				id: `${id}-check`,
				class: "fql-check",
				role: "status",
				children: /* @__PURE__ */ s(Verdict, {
					text: value,
					check,
					error,
					moveTo
				})
			}),
			/* @__PURE__ */ s(Offers, {
				model,
				word: offered(value, caret),
				choose: complete
			})
		]
	});
}
/** Repeat the text, with a mark at a position. */
function Marked({ text, at }) {
	if (at === null) return /* @__PURE__ */ s(w, { children: `${text}\n` });
	const position = utf16(text, at);
	const marked = /^(?:[\w.]+|.)/s.exec(text.slice(position))?.[0] ?? " ";
	return /* @__PURE__ */ s(w, { children: [
		text.slice(0, position),
		/* @__PURE__ */ s("mark", { children: marked === "\n" ? " \n" : marked }),
		`${text.slice(position + marked.length)}\n`
	] });
}
function Verdict({ text, check, error, moveTo }) {
	if (error) return /* @__PURE__ */ s("p", {
		class: "fault",
		children: error.message
	});
	if (!text || !check) return /* @__PURE__ */ s("p", {
		class: "quiet",
		children: "The server checks it while you type."
	});
	if (check.valid) return /* @__PURE__ */ s("p", {
		class: "quiet",
		children: [
			/* @__PURE__ */ s("span", {
				class: "good",
				children: "Valid."
			}),
			" ",
			check.columns.length ? `Uses ${check.columns.join(", ")}.` : "Uses no column."
		]
	});
	const position = check.position === null ? null : utf16(text, check.position);
	return /* @__PURE__ */ s("p", {
		class: "fault",
		children: [
			position !== null && /* @__PURE__ */ s("button", {
				type: "button",
				class: "link",
				onClick: () => moveTo(position),
				children: placeOf(text, position)
			}),
			position !== null && ": ",
			check.message,
			check.hint && /* @__PURE__ */ s("span", {
				class: "quiet",
				children: ["; ", check.hint]
			})
		]
	});
}
function placeOf(text, position) {
	const lines = text.slice(0, position).split("\n");
	const character = (lines.at(-1)?.length ?? 0) + 1;
	return lines.length > 1 || text.includes("\n") ? `Line ${lines.length}, character ${character}` : `Character ${character}`;
}
/** Return the index of a character, which the server counts as one also if it takes two of this language's. */
function utf16(text, characters) {
	return [...text].slice(0, characters).join("").length;
}
var SHOWN = 12;
function Offers({ model, word, choose }) {
	const wanted = word.toLowerCase();
	const columns = model.schema.columns.filter((column) => column.name.toLowerCase().includes(wanted));
	columns.sort((a, b) => Number(starts(b.name, wanted)) - Number(starts(a.name, wanted)));
	if (columns.length === 0) return null;
	return /* @__PURE__ */ s("fieldset", {
		class: "offers",
		children: [
			/* @__PURE__ */ s("legend", {
				class: "quiet",
				children: word ? `Columns with “${word}”` : "Columns"
			}),
			columns.slice(0, SHOWN).map((column) => /* @__PURE__ */ s("button", {
				type: "button",
				class: "small",
				onClick: () => choose(column.name),
				children: [
					/* @__PURE__ */ s("bdi", { children: column.name }),
					" ",
					/* @__PURE__ */ s("span", {
						class: "quiet",
						children: column.data_type
					})
				]
			}, column.name)),
			columns.length > SHOWN && /* @__PURE__ */ s("span", {
				class: "quiet",
				children: [
					"and ",
					columns.length - SHOWN,
					" more: type a part of the name"
				]
			})
		]
	});
}
function starts(name, wanted) {
	return name.toLowerCase().startsWith(wanted);
}
// src/pages/definition-editor.tsx
/** The editor of a new segment or custom metric: checked, and tried on the events of the page, before it is saved. */
function DefinitionEditor({ model, kind }) {
	const [name, setName] = _("");
	const [definition, setDefinition] = _("");
	const [description, setDescription] = _("");
	const settled = useSettled(definition);
	const check = useCheck(model.id, kind, settled);
	const action = useAction();
	const checked = check.data?.of === definition ? check.data.result : null;
	const isValid = checked?.valid === true;
	const list = () => go(linkToPage(model.id, kind.part));
	const save = async () => {
		const wanted = {
			model_id: model.id,
			name,
			definition,
			description: description || null
		};
		const made = await kind.create(wanted);
		go(linkToPage(model.id, kind.part, made.id));
	};
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: /* @__PURE__ */ s("h1", { children: ["New ", kind.noun] })
		}),
		/* @__PURE__ */ s("p", {
			class: "quiet",
			children: [kind.about, " It cannot be changed later, only deleted."]
		}),
		/* @__PURE__ */ s("div", {
			class: "editor",
			children: [/* @__PURE__ */ s(Form, {
				action,
				submit: save,
				label: "Save",
				onCancel: list,
				isReady: isValid,
				conflictAt: "/name",
				children: [
					/* @__PURE__ */ s(Field, {
						label: "Name",
						at: "/name",
						children: (input) => /* @__PURE__ */ s("input", {
							...input,
							required: true,
							maxLength: 255,
							value: name,
							onInput: (event) => setName(event.currentTarget.value)
						})
					}),
					/* @__PURE__ */ s(FqlField, {
						model,
						example: kind.example,
						value: definition,
						change: setDefinition,
						check: checked,
						error: check.error
					}),
					/* @__PURE__ */ s(Field, {
						label: "Description",
						at: "/description",
						hint: "Optional: what it is for.",
						children: (input) => /* @__PURE__ */ s("input", {
							...input,
							value: description,
							onInput: (event) => setDescription(event.currentTarget.value)
						})
					})
				]
			}), /* @__PURE__ */ s(DefinitionPreview, {
				kind,
				definition: isValid ? definition : null,
				name: name || `The ${kind.noun}`
			})]
		})
	] });
}
function useCheck(model_id, kind, definition) {
	return useResource(JSON.stringify([kind.kind, definition]), async (signal) => {
		if (!definition.trim()) return {
			of: definition,
			result: null
		};
		const wanted = {
			model_id,
			kind: kind.kind,
			definition
		};
		return {
			of: definition,
			result: (await body(api.POST("/v3/monitoring/definitions/check", {
				body: wanted,
				signal
			}))).data
		};
	});
}
// src/pages/definition-figures.tsx
/** What each definition of a list gives on the events of the page, computed one after the other. */
/** Return the preview, or why there is none, by the ids of definitions. */
function useFigures(kind, definitions, isOn) {
	const [figures, setFigures] = _(/* @__PURE__ */ new Map());
	const selection = useSelection();
	const key = JSON.stringify([
		selection.key,
		selection.revision,
		definitions.map((one) => one.id),
		isOn
	]);
	y(() => {
		const abort = new AbortController();
		const read = async () => {
			for (const one of isOn ? definitions : []) {
				const found = await countOf(kind, one.definition, selection, abort.signal).catch((error) => String(error.message));
				if (abort.signal.aborted) return;
				setFigures((last) => new Map([...last, [one.id, found]]));
			}
		};
		read();
		return () => abort.abort();
	}, [key]);
	return figures;
}
/** Show the share of a segment, or the figure of a metric. */
function FigureOf({ of }) {
	if (of === void 0) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "…"
	});
	if (typeof of === "string") return /* @__PURE__ */ s("span", {
		title: of,
		children: "unknown"
	});
	if (of.figure) {
		const { value, reason } = of.figure;
		return value === null ? /* @__PURE__ */ s("span", {
			class: "quiet",
			children: (reason ?? "no value").replaceAll("_", " ")
		}) : figure(value);
	}
	if (of.rows === 0) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "no events"
	});
	return /* @__PURE__ */ s("span", {
		title: `${count(of.matching ?? 0)} of ${count(of.rows)} events`,
		children: percent(100 * (of.matching ?? 0) / of.rows)
	});
}
// src/pages/definitions.tsx
/** Segments and custom metrics of a model: the list, one of them, and the editor of a new one. */
var definitions_exports = /* @__PURE__ */ __exportAll({
	MetricsPage: () => MetricsPage,
	SegmentsPage: () => SegmentsPage
});
function SegmentsPage(props) {
	return /* @__PURE__ */ s(Definitions, {
		...props,
		kind: SEGMENT
	});
}
function MetricsPage(props) {
	return /* @__PURE__ */ s(Definitions, {
		...props,
		kind: METRIC
	});
}
function Definitions({ model, item, kind }) {
	if (item === "new") return /* @__PURE__ */ s(DefinitionEditor, {
		model,
		kind
	});
	if (item !== null) return /* @__PURE__ */ s(OneDefinition, {
		model,
		kind,
		id: item
	}, item);
	return /* @__PURE__ */ s(List, {
		model,
		item,
		kind
	});
}
function List({ model, kind }) {
	const query = listQuery();
	const found = useResource(JSON.stringify([
		kind.part,
		model.id,
		query
	]), (signal) => kind.list(model.id, query, signal));
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("div", {
		class: "page-head",
		children: [
			/* @__PURE__ */ s("h1", { children: kind.title }),
			/* @__PURE__ */ s(Search, { label: `Search ${kind.title.toLowerCase()}` }),
			/* @__PURE__ */ s("span", { class: "spacer" }),
			may("manage") && /* @__PURE__ */ s("a", {
				class: "button main",
				href: linkToPage(model.id, kind.part, "new"),
				children: ["New ", kind.noun]
			})
		]
	}), /* @__PURE__ */ s(Listing, {
		resource: found,
		what: kind.title.toLowerCase(),
		none: /* @__PURE__ */ s(None, { kind }),
		children: (items) => /* @__PURE__ */ s(Table, {
			of: items,
			modelId: model.id,
			kind
		})
	})] });
}
function None({ kind }) {
	return /* @__PURE__ */ s(Empty, {
		title: `This model has no ${kind.noun} yet.`,
		children: [/* @__PURE__ */ s("p", { children: [
			kind.about,
			" Example: ",
			/* @__PURE__ */ s("code", { children: kind.example })
		] }), !may("manage") && /* @__PURE__ */ s("p", {
			class: "quiet",
			children: "A token with the scope manage can create one."
		})]
	});
}
function Table({ of, modelId, kind }) {
	const ids = of.map((one) => one.id);
	const rules = useResource(ids.join(), (signal) => rulesUsing(kind.ruleField, ids, signal));
	const figures = useFigures(kind, of, may("read"));
	const usedBy = (id) => rules.data?.filter((rule) => (kind.ruleField === "segment_id" ? rule.segment?.id : rule.metric.id) === id);
	return /* @__PURE__ */ s(Rows, {
		label: kind.title,
		rows: of,
		id: (one) => one.id,
		columns: [
			{
				head: "Name",
				form: "name",
				cell: (one) => /* @__PURE__ */ s("a", {
					href: linkToPage(modelId, kind.part, one.id),
					children: /* @__PURE__ */ s(Text, { value: one.name })
				})
			},
			{
				head: "Definition",
				form: "wrap",
				cell: (one) => /* @__PURE__ */ s("code", { children: /* @__PURE__ */ s(Text, { value: one.definition }) })
			},
			may("read") && {
				head: kind.kind === "segment" ? "Share of events" : "Value",
				form: "number",
				cell: (one) => /* @__PURE__ */ s(FigureOf, { of: figures.get(one.id) })
			},
			{
				head: "Alert rules",
				cell: (one) => /* @__PURE__ */ s(RuleLinks, {
					rules: usedBy(one.id),
					error: rules.error
				})
			},
			{
				head: "Created",
				cell: (one) => /* @__PURE__ */ s(Time, { at: one.created_at })
			},
			{
				head: "By",
				cell: (one) => /* @__PURE__ */ s(Text, { value: one.created_by.full_name })
			}
		]
	});
}
export { baselines_exports as n, definitions_exports as t };
