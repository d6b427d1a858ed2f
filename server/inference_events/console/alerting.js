import { t as __exportAll } from "./rolldown-runtime.js";
import { _ as w, m as y, t as s, u as _ } from "./vendor.js";
import { A as Dialog, C as count, Dt as may, E as percent, J as pulse, K as aroundBin, M as Text, Mt as body, N as plain, O as Copy, P as Time, Q as useResource, St as Loaded, T as figure, U as zone, X as useLive, _ as ordering, _t as startOf, a as Panel, at as go, bt as Empty, c as Facts, d as Form, dt as add, et as linkTo, f as Group, ft as boundsOf, ht as iso, it as change, jt as api, l as Question, lt as DAY, m as Rows, o as useSettled, p as Search, st as place, tt as linkToPage, u as Field, ut as HOUR, v as Listing, wt as useAction, xt as Failure, y as listQuery } from "./shared.js";
import "./definitions.js";
import { r as Chart } from "./charts.js";
// src/pages/rule-metric.tsx
/** What an alert rule judges: a metric, of some columns, of some events. */
var SHOWN$1 = 50;
var ANY = "__ANY__";
function MetricFields({ model, metrics, draft, change, isFixed }) {
	const metric = metrics.find((one) => one.id === draft.metric);
	return /* @__PURE__ */ s("section", { children: [
		/* @__PURE__ */ s("h2", { children: "What it judges" }),
		/* @__PURE__ */ s(MetricField, {
			metrics,
			draft,
			change,
			isFixed
		}),
		metric && metric.columns.length > 0 && !isFixed && /* @__PURE__ */ s(Columns, {
			of: metric.columns,
			draft,
			change
		}),
		isFixed && draft.columns.length > 0 && /* @__PURE__ */ s("p", {
			class: "quiet",
			children: [
				"Of ",
				draft.columns.map(nameOf).join(", "),
				"."
			]
		}),
		metric?.requires_categories && /* @__PURE__ */ s(Field, {
			label: "Category",
			at: "/category",
			children: (input) => /* @__PURE__ */ s("input", {
				...input,
				required: true,
				disabled: isFixed,
				value: draft.category,
				onInput: (event) => change({ category: event.currentTarget.value })
			})
		}),
		metric?.requires_baseline && /* @__PURE__ */ s(BaselineField, {
			model,
			draft,
			change,
			isFixed
		}),
		/* @__PURE__ */ s(SegmentField, {
			model,
			draft,
			change,
			isFixed
		})
	] });
}
function MetricField({ metrics, draft, change, isFixed }) {
	const types = [...new Set(metrics.map((one) => one.type_display_name))];
	return /* @__PURE__ */ s(Field, {
		label: "Metric",
		at: "/metric_id",
		children: (input) => /* @__PURE__ */ s("select", {
			...input,
			required: true,
			disabled: isFixed,
			value: draft.metric,
			onChange: (event) => change({
				metric: event.currentTarget.value,
				columns: [],
				category: ""
			}),
			children: [/* @__PURE__ */ s("option", {
				value: "",
				children: "Choose a metric"
			}), types.map((type) => /* @__PURE__ */ s("optgroup", {
				label: type,
				children: /* @__PURE__ */ s(Options, { of: metrics.filter((one) => one.type_display_name === type) })
			}, type))]
		})
	});
}
function Columns({ of, draft, change }) {
	const [search, setSearch] = _("");
	const chosen = new Set(draft.columns);
	const found = of.filter((name) => chosen.has(name) || nameOf(name).toLowerCase().includes(search.toLowerCase()));
	const toggle = (name) => {
		const others = draft.columns.filter((one) => one !== name);
		change({ columns: others.length === draft.columns.length ? [...others, name] : others });
	};
	return /* @__PURE__ */ s(Group, {
		label: `Columns${chosen.size ? `, ${chosen.size} chosen` : ""}`,
		at: "/feature_names",
		children: [of.length > 8 && /* @__PURE__ */ s("input", {
			type: "search",
			"aria-label": "Search columns",
			placeholder: "Search columns",
			value: search,
			onInput: (event) => setSearch(event.currentTarget.value)
		}), /* @__PURE__ */ s("div", {
			class: "choices",
			children: [found.slice(0, SHOWN$1).map((name) => /* @__PURE__ */ s("label", {
				class: "check",
				children: [/* @__PURE__ */ s("input", {
					type: "checkbox",
					checked: chosen.has(name),
					onChange: () => toggle(name)
				}), /* @__PURE__ */ s(Text, { value: nameOf(name) })]
			}, name)), found.length > SHOWN$1 && /* @__PURE__ */ s("p", {
				class: "quiet",
				children: [
					"and ",
					found.length - SHOWN$1,
					" more: search for them"
				]
			})]
		})]
	});
}
function BaselineField({ model, draft, change, isFixed }) {
	const params = {
		path: { model_id: model.id },
		query: { limit: 1e3 }
	};
	const baselines = useResource(model.id, async (signal) => (await body(api.GET("/v3/models/{model_id}/baselines", {
		params,
		signal
	}))).data.items);
	return /* @__PURE__ */ s(Field, {
		label: "Compared with",
		at: "/baseline_id",
		children: (input) => /* @__PURE__ */ s("select", {
			...input,
			disabled: isFixed,
			value: draft.baseline,
			onChange: (event) => change({ baseline: event.currentTarget.value }),
			children: [/* @__PURE__ */ s("option", {
				value: "",
				children: "the oldest dataset"
			}), /* @__PURE__ */ s(Options, { of: baselines.data ?? [] })]
		})
	});
}
function SegmentField({ model, draft, change, isFixed }) {
	const params = {
		path: { model_id: model.id },
		query: { limit: 1e3 }
	};
	const segments = useResource(model.id, async (signal) => (await body(api.GET("/v3/models/{model_id}/segments", {
		params,
		signal
	}))).data.items);
	return /* @__PURE__ */ s(Field, {
		label: "Events",
		at: "/segment_id",
		children: (input) => /* @__PURE__ */ s("select", {
			...input,
			disabled: isFixed,
			value: draft.segment,
			onChange: (event) => change({ segment: event.currentTarget.value }),
			children: [/* @__PURE__ */ s("option", {
				value: "",
				children: "all production events"
			}), /* @__PURE__ */ s(Options, { of: segments.data ?? [] })]
		})
	});
}
function Options({ of }) {
	return /* @__PURE__ */ s(w, { children: of.map((one) => /* @__PURE__ */ s("option", {
		value: one.id,
		children: plain(one.name)
	}, one.id)) });
}
/** Return the name of a column for people. */
function nameOf(column) {
	return column === ANY ? "any column" : column;
}
// src/pages/rule-draft.ts
var EMPTY = {
	name: "",
	metric: "",
	columns: [],
	category: "",
	baseline: "",
	segment: "",
	bin: "Day",
	comparison: "raw_value",
	delta: "",
	condition: "greater",
	isAutomatic: false,
	critical: "",
	warning: "",
	criticalMultiplier: "3",
	warningMultiplier: "2",
	priority: "MEDIUM",
	delay: "0"
};
var BINS = {
	Hour: "hour",
	Day: "day",
	Week: "week",
	Month: "month"
};
/** How many bins earlier a bin can be that is compared with, by the size of bins. */
var DELTAS = {
	Hour: [
		1,
		24,
		168,
		720,
		2160
	],
	Day: [
		1,
		7,
		30,
		90
	],
	Week: [1],
	Month: [1]
};
/** How many bins a preview has, and how a sentence calls them. */
var PREVIEWED = {
	Hour: {
		count: 720,
		span: "30 days"
	},
	Day: {
		count: 30,
		span: "30 days"
	},
	Week: {
		count: 12,
		span: "12 weeks"
	},
	Month: {
		count: 12,
		span: "12 months"
	}
};
function draftOf(rule) {
	const multipliers = rule.auto_threshold_params;
	return {
		name: rule.name,
		metric: rule.metric.id,
		columns: rule.feature_names ?? [],
		category: rule.category ?? "",
		baseline: rule.baseline?.id ?? "",
		segment: rule.segment?.id ?? "",
		bin: rule.bin_size,
		comparison: rule.compare_to,
		delta: rule.compare_bin_delta?.toString() ?? "",
		condition: rule.condition,
		isAutomatic: rule.threshold_type !== "manual",
		critical: rule.critical_threshold?.toString() ?? "",
		warning: rule.warning_threshold?.toString() ?? "",
		criticalMultiplier: multipliers?.critical_multiplier.toString() ?? "3",
		warningMultiplier: multipliers?.warning_multiplier.toString() ?? "2",
		priority: rule.priority,
		delay: String(rule.evaluation_delay)
	};
}
/** Return the request that makes the rule. `metric` is the one that is chosen. */
function requestOf(model_id, draft, metric) {
	const takesColumns = (metric?.columns.length ?? 0) > 0 && draft.columns.length > 0;
	return {
		name: draft.name,
		model_id,
		metric_id: draft.metric,
		priority: draft.priority,
		compare_to: draft.comparison,
		condition: draft.condition,
		bin_size: draft.bin,
		evaluation_delay: Number(draft.delay),
		...takesColumns && { feature_names: draft.columns },
		...metric?.requires_categories && { category: draft.category },
		...metric?.requires_baseline && draft.baseline && { baseline_id: draft.baseline },
		...draft.segment && { segment_id: draft.segment },
		...draft.comparison === "time_period" && { compare_bin_delta: Number(draft.delta || DELTAS[draft.bin][0]) },
		...thresholdsOf$1(draft)
	};
}
/** Return the request that changes a rule to what its form has. */
function updateOf(draft, rule) {
	const thresholds = draft.isAutomatic ? { auto_threshold_params: multipliersOf(draft) } : {
		critical_threshold: numberOf(draft.critical),
		warning_threshold: numberOf(draft.warning)
	};
	const { priority } = draft;
	return {
		...draft.name !== rule.name && { name: draft.name },
		priority,
		evaluation_delay: Number(draft.delay),
		...thresholds
	};
}
/** Return what is missing before a rule can be tried, null if nothing is. */
function missing(draft, metric) {
	if (!metric) return "a metric";
	if (metric.columns.length > 0 && metric.type !== "data_integrity" && draft.columns.length === 0) return "a column";
	if (metric.requires_categories && !draft.category) return "a category";
	if (!draft.isAutomatic && numberOf(draft.critical) === null) return "a critical threshold";
	return null;
}
/** Return the rule as a request: the one that would make it again. */
function requestOfRule(rule) {
	const draft = draftOf(rule);
	return {
		...requestOf(rule.model.id, draft, void 0),
		...rule.feature_names && { feature_names: rule.feature_names },
		...rule.category !== null && { category: rule.category },
		...rule.baseline && { baseline_id: rule.baseline.id }
	};
}
function thresholdsOf$1(draft) {
	if (!draft.isAutomatic) return {
		critical_threshold: numberOf(draft.critical),
		warning_threshold: numberOf(draft.warning)
	};
	return {
		threshold_type: "standard_deviation_auto_threshold",
		auto_threshold_params: multipliersOf(draft)
	};
}
function multipliersOf(draft) {
	return {
		critical_multiplier: Number(draft.criticalMultiplier),
		warning_multiplier: Number(draft.warningMultiplier)
	};
}
function numberOf(text) {
	const number = Number.parseFloat(text);
	return Number.isFinite(number) ? number : null;
}
// src/pages/rule-words.ts
/** Alert rules in words. */
var SHOWN = 3;
/** Say what a rule judges: "range violations of distance, each hour, in Long flights". */
function aboutOf(rule) {
	const columns = rule.feature_names ?? [];
	const more = columns.length > SHOWN ? ` and ${columns.length - SHOWN} more` : "";
	const of = columns.length ? ` of ${columns.slice(0, SHOWN).map(nameOf).join(", ")}${more}` : "";
	const category = rule.category === null ? "" : ` = ${rule.category}`;
	const events = rule.segment ? `, in ${rule.segment.name}` : "";
	const against = rule.baseline ? `, against ${rule.baseline.name}` : "";
	return `${rule.metric.display_name}${of}${category}, each ${BINS[rule.bin_size]}${events}${against}`;
}
/** Say when a rule fires: "above 10 (warning 5)". */
function limitsOf$1(rule) {
	const side = rule.condition === "greater" ? "above" : "below";
	const { auto_threshold_params: spread } = rule;
	if (spread) return `${side} ${spread.critical_multiplier} (warning ${spread.warning_multiplier}) standard deviations`;
	const warning = rule.warning_threshold === null ? "" : ` (warning ${limit(rule, rule.warning_threshold)})`;
	const verb = rule.condition === "greater" ? "grows by more than" : "falls by more than";
	return `${rule.compare_to === "time_period" ? verb : side} ${limit(rule, rule.critical_threshold ?? 0)}${warning}${earlier(rule)}`;
}
function limit(rule, value) {
	return rule.compare_to === "time_period" ? `${figure(Math.abs(value) * 100)}%` : figure(value);
}
function earlier(rule) {
	const bins = rule.compare_bin_delta;
	return bins === null ? "" : ` in ${bins} ${BINS[rule.bin_size]}${bins > 1 ? "s" : ""}`;
}
// src/pages/severity.tsx
var LEVELS = {
	CRITICAL: "critical",
	WARNING: "warning",
	DEFAULT: "none",
	critical: "critical",
	warning: "warning",
	ok: "none"
};
var MARKS = {
	critical: "◆",
	warning: "▲",
	none: "○",
	unknown: "–"
};
var WORDS = {
	CRITICAL: "critical",
	WARNING: "warning",
	DEFAULT: "withdrawn",
	no_data: "no data",
	learning: "learning"
};
/** Show the severity of a record, or the state of a bin. */
function Severity({ of }) {
	const level = LEVELS[of] ?? "unknown";
	return /* @__PURE__ */ s("span", {
		class: `severity ${level}`,
		children: [
			/* @__PURE__ */ s("span", {
				"aria-hidden": "true",
				children: MARKS[level]
			}),
			" ",
			WORDS[of] ?? of
		]
	});
}
// src/pages/open-alerts.tsx
/** The alert rules of a model that are alerts in the newest bin that was judged. */
var ORDER = ["critical", "warning"];
function OpenAlerts({ modelId, state }) {
	const rules = useLive(`open alerts ${modelId}`, state, async (signal) => {
		const params = { query: {
			limit: 1e3,
			filter: JSON.stringify({
				field: "model_id",
				operator: "equal",
				value: modelId
			})
		} };
		const { items } = (await body(api.GET("/v3/alert-rules", {
			params,
			signal
		}))).data;
		const rank = (rule) => ORDER.indexOf(rule.last_evaluation?.state ?? "");
		return {
			total: items.length,
			open: items.filter((rule) => rank(rule) >= 0).sort((a, b) => rank(a) - rank(b))
		};
	});
	return /* @__PURE__ */ s(Loaded, {
		resource: rules,
		children: ({ open, total }) => open.length ? /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("h2", { children: "Open now" }), /* @__PURE__ */ s(Table$4, { rules: open })] }) : total > 0 && /* @__PURE__ */ s("p", {
			class: "quiet",
			children: [
				"No alert is open: ",
				total === 1 ? "the rule is" : `all ${total} rules are`,
				" quiet."
			]
		})
	});
}
function Table$4({ rules }) {
	return /* @__PURE__ */ s(Rows, {
		label: "Open alerts",
		rows: rules.flatMap((rule) => rule.last_evaluation ? [{
			rule,
			last: rule.last_evaluation
		}] : []),
		id: ({ rule }) => rule.id,
		columns: [
			{
				head: "State",
				cell: ({ last }) => /* @__PURE__ */ s(Severity, { of: last.state })
			},
			{
				head: "Alert rule",
				form: "name",
				cell: ({ rule }) => /* @__PURE__ */ s("a", {
					href: linkToPage(rule.model.id, "rules", rule.id),
					children: /* @__PURE__ */ s(Text, { value: rule.name })
				})
			},
			{
				head: "Column",
				cell: ({ last }) => last.feature_name && /* @__PURE__ */ s(Text, { value: nameOf(last.feature_name) })
			},
			{
				head: "Value",
				form: "number",
				cell: ({ last }) => last.value === null ? "–" : figure(last.value)
			},
			{
				head: "Fires",
				cell: ({ rule }) => limitsOf$1(rule)
			},
			{
				head: "In the bin from",
				cell: ({ last }) => /* @__PURE__ */ s(Time, { at: iso(last.alert_time_bucket) })
			},
			{
				head: "Chart",
				form: "actions",
				cell: ({ rule, last }) => /* @__PURE__ */ s(ChartLink, {
					modelId: rule.model.id,
					rule,
					bin: last.alert_time_bucket
				})
			}
		]
	});
}
/** Link to the chart of a rule, with an absolute range around a bin. */
function ChartLink({ modelId, rule, bin }) {
	return /* @__PURE__ */ s("a", {
		href: linkToPage(modelId, "rules", rule.id, aroundBin(bin)),
		"aria-label": `Chart of ${rule.name} around this bin`,
		children: "Chart"
	});
}
// src/pages/alerts.tsx
/** Records of alerts of a model: a line each, with the value against the threshold and a link to its chart. */
var alerts_exports = /* @__PURE__ */ __exportAll({ AlertsPage: () => AlertsPage });
var SEVERITIES = {
	CRITICAL: "critical",
	WARNING: "warning",
	DEFAULT: "withdrawn"
};
function AlertsPage({ model }) {
	const { query } = place.value;
	const severity = SEVERITIES[query.get("severity") ?? ""] ? query.get("severity") : null;
	const page = listQuery();
	const [from, to] = [query.get("from"), query.get("to")];
	const key = JSON.stringify([
		model.id,
		page,
		severity,
		from,
		to,
		zone.value
	]);
	const state = JSON.stringify([pulse.value?.open_alerts, pulse.value?.environments[0]?.data_revision]);
	const records = useLive(key, state, async (signal) => {
		const bounds = from ? boundsOf({
			from,
			to: to ?? "now"
		}, Date.now(), zone.value) : void 0;
		const range = bounds && {
			start_time: iso(bounds.start),
			end_time: iso(bounds.end)
		};
		const all = {
			...page,
			filter: filterOf(model.id, severity),
			...range
		};
		return (await body(api.GET("/v3/monitoring/alert-records", {
			params: { query: all },
			signal
		}))).data;
	});
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h1", { children: "Alerts" }),
				/* @__PURE__ */ s(Search, { label: "Search names of rules" }),
				/* @__PURE__ */ s(SeverityChoice, { now: severity }),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				/* @__PURE__ */ s("a", {
					href: linkToPage(model.id, "rules"),
					children: "Alert rules"
				})
			]
		}),
		/* @__PURE__ */ s(OpenAlerts, {
			modelId: model.id,
			state
		}),
		/* @__PURE__ */ s("h2", { children: "Records" }),
		/* @__PURE__ */ s(Listing, {
			resource: records,
			what: "records",
			filters: [
				"severity",
				"from",
				"to"
			],
			none: /* @__PURE__ */ s(None$3, { model }),
			children: (items) => /* @__PURE__ */ s(Table$3, { records: items })
		})
	] });
}
function filterOf(modelId, severity) {
	const rules = [{
		field: "model_id",
		operator: "equal",
		value: modelId
	}];
	if (severity) rules.push({
		field: "severity",
		operator: "equal",
		value: severity
	});
	return JSON.stringify({
		condition: "AND",
		rules
	});
}
function SeverityChoice({ now }) {
	return /* @__PURE__ */ s("select", {
		"aria-label": "Severity of the records",
		value: now ?? "",
		onChange: (event) => change({
			severity: event.currentTarget.value || null,
			offset: null
		}),
		children: [/* @__PURE__ */ s("option", {
			value: "",
			children: "All severities"
		}), Object.entries(SEVERITIES).map(([value, label]) => /* @__PURE__ */ s("option", {
			value,
			children: label
		}, value))]
	});
}
function None$3({ model }) {
	return /* @__PURE__ */ s(Empty, {
		title: "No bin was an alert.",
		children: /* @__PURE__ */ s("p", { children: [/* @__PURE__ */ s("a", {
			href: linkToPage(model.id, "rules"),
			children: "Alert rules"
		}), " judge the metrics of this model, and make a record for each alert, each change of one, and each end."] })
	});
}
function Table$3({ records }) {
	return /* @__PURE__ */ s(Rows, {
		label: "Records",
		rows: records,
		id: (one) => one.id,
		title: (one) => one.message,
		columns: [
			{
				head: "Severity",
				cell: (one) => /* @__PURE__ */ s(Severity, { of: one.severity })
			},
			{
				head: "Alert rule",
				form: "name",
				cell: (one) => /* @__PURE__ */ s("a", {
					href: linkToPage(one.model.id, "rules", one.alert_rule.id),
					children: /* @__PURE__ */ s(Text, { value: one.alert_rule.name })
				})
			},
			{
				head: "Column",
				cell: (one) => one.feature_name && /* @__PURE__ */ s(Text, { value: nameOf(one.feature_name) })
			},
			{
				head: "Value",
				form: "number",
				cell: (one) => figure(one.alert_value)
			},
			{
				head: "Threshold",
				form: "number",
				cell: (one) => figure(thresholdOf(one))
			},
			{
				head: "Since",
				cell: (one) => /* @__PURE__ */ s(Time, { at: iso(one.alert_time_bucket) })
			},
			{
				head: "Recorded",
				cell: (one) => /* @__PURE__ */ s(Time, { at: one.created_at })
			},
			{
				head: "Priority",
				cell: (one) => one.priority.toLowerCase()
			},
			{
				head: "Chart",
				form: "actions",
				cell: (one) => /* @__PURE__ */ s(ChartLink, {
					modelId: one.model.id,
					rule: one.alert_rule,
					bin: one.alert_time_bucket
				})
			}
		]
	});
}
/** Return the threshold that a value crossed, or the first that it would have to. */
function thresholdOf(one) {
	return one.severity === "CRITICAL" ? one.critical_threshold : one.warning_threshold ?? one.critical_threshold;
}
// src/pages/deliveries.tsx
/** Messages about alerts: which were delivered, which wait, and why one failed. */
var deliveries_exports = /* @__PURE__ */ __exportAll({ DeliveriesPage: () => DeliveriesPage });
var REFRESH_MS$2 = 5e3;
var STATES = {
	pending: "waits",
	sending: "is being sent",
	delivered: "delivered",
	failed: "failed",
	cancelled: "cancelled",
	suppressed: "not sent: the rule is silent",
	not_configured: "not sent: not set up"
};
var CHANNELS = {
	webhook: "Webhook",
	email: "Mail",
	pagerduty: "PagerDuty"
};
function DeliveriesPage() {
	const state = stateOf(place.value.query.get("state"));
	const page = listQuery();
	const messages = useResource(JSON.stringify([page, state]), async (signal) => {
		const filter = state && { filter: JSON.stringify({
			field: "state",
			operator: "equal",
			value: state
		}) };
		const params = { query: {
			...page,
			...filter
		} };
		return (await body(api.GET("/v3/monitoring/notifications", {
			params,
			signal
		}))).data;
	}, REFRESH_MS$2);
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("div", {
		class: "page-head",
		children: [
			/* @__PURE__ */ s("h1", { children: "Messages" }),
			/* @__PURE__ */ s(Search, { label: "Search receivers" }),
			/* @__PURE__ */ s(StateChoice, { state })
		]
	}), /* @__PURE__ */ s(Listing, {
		resource: messages,
		what: "messages",
		filters: ["state"],
		none: /* @__PURE__ */ s(None$2, {}),
		children: (items) => /* @__PURE__ */ s(Table$2, { messages: items })
	})] });
}
function stateOf(text) {
	return text !== null && text in STATES ? text : null;
}
function StateChoice({ state }) {
	return /* @__PURE__ */ s("select", {
		"aria-label": "State of the messages",
		value: state ?? "",
		onChange: (event) => change({
			state: event.currentTarget.value || null,
			offset: null
		}),
		children: [/* @__PURE__ */ s("option", {
			value: "",
			children: "All states"
		}), Object.entries(STATES).map(([value, label]) => /* @__PURE__ */ s("option", {
			value,
			children: label
		}, value))]
	});
}
function None$2() {
	return /* @__PURE__ */ s(Empty, {
		title: "No message has been made yet.",
		children: /* @__PURE__ */ s("p", { children: "A message is made if an alert rule that notifies somebody finds an alert. It is kept for 30 days after its end." })
	});
}
function Table$2({ messages }) {
	return /* @__PURE__ */ s(Rows, {
		label: "Messages",
		rows: messages,
		id: (one) => one.id,
		columns: [
			{
				head: "Made",
				cell: (one) => /* @__PURE__ */ s(Time, { at: one.created_at })
			},
			{
				head: "State",
				cell: (one) => /* @__PURE__ */ s("span", {
					class: one.state === "failed" ? "fault" : "",
					children: STATES[one.state]
				})
			},
			{
				head: "Receiver",
				cell: (one) => /* @__PURE__ */ s(w, { children: [
					CHANNELS[one.channel],
					" ",
					/* @__PURE__ */ s(Text, { value: one.destination_name ?? one.destination })
				] })
			},
			{
				head: "Alert rule",
				form: "name",
				cell: (one) => /* @__PURE__ */ s("a", {
					href: linkToPage(one.model_id, "rules", one.alert_rule_id),
					children: /* @__PURE__ */ s(Text, { value: one.rule_name })
				})
			},
			{
				head: "Severity",
				cell: (one) => /* @__PURE__ */ s(Severity, { of: one.severity })
			},
			{
				head: "Attempts",
				form: "number",
				cell: (one) => one.attempts
			},
			{
				head: "Ended or next attempt",
				cell: (one) => /* @__PURE__ */ s(Time, { at: one.ended_at ?? one.due_at })
			},
			{
				head: "Problem",
				form: "wrap",
				cell: (one) => one.problem && /* @__PURE__ */ s(Text, { value: one.problem })
			}
		]
	});
}
// src/pages/receivers.tsx
/** Whom an alert rule notifies. */
function receivingOf(config) {
	return {
		webhooks: config?.webhooks ?? [],
		emails: config?.emails.join(", ") ?? "",
		services: config?.pagerduty_services.join(", ") ?? "",
		severity: config?.pagerduty_severity ?? ""
	};
}
function receiversOf(receiving) {
	return {
		webhooks: receiving.webhooks,
		emails: split(receiving.emails),
		pagerduty_services: split(receiving.services),
		pagerduty_severity: receiving.severity
	};
}
function split(text) {
	return text.split(/[\s,;]+/).filter(Boolean);
}
function Receivers$1({ receiving, change }) {
	const webhooks = useResource("webhooks", async (signal) => {
		return (await body(api.GET("/v2/webhooks", {
			params: { query: { limit: 1e3 } },
			signal
		}))).data.items;
	});
	const set = (fields) => change({
		...receiving,
		...fields
	});
	const toggle = (id) => {
		const others = receiving.webhooks.filter((one) => one !== id);
		set({ webhooks: others.length === receiving.webhooks.length ? [...others, id] : others });
	};
	return /* @__PURE__ */ s("section", { children: [
		/* @__PURE__ */ s("h2", { children: "Notify" }),
		/* @__PURE__ */ s(Group, {
			label: "Webhooks",
			at: "/webhooks",
			children: /* @__PURE__ */ s(Loaded, {
				resource: webhooks,
				children: (found) => /* @__PURE__ */ s("div", {
					class: "choices",
					children: [found.length === 0 && /* @__PURE__ */ s("p", {
						class: "quiet",
						children: "There is no webhook yet."
					}), found.map((one) => /* @__PURE__ */ s("label", {
						class: "check",
						children: [/* @__PURE__ */ s("input", {
							type: "checkbox",
							checked: receiving.webhooks.includes(one.uuid),
							onChange: () => toggle(one.uuid)
						}), /* @__PURE__ */ s(Text, { value: one.name })]
					}, one.uuid))]
				})
			})
		}),
		/* @__PURE__ */ s(Field, {
			label: "Mail to",
			at: "/emails",
			hint: "Addresses with commas between them.",
			children: (input) => /* @__PURE__ */ s("input", {
				...input,
				value: receiving.emails,
				onInput: (event) => set({ emails: event.currentTarget.value })
			})
		}),
		/* @__PURE__ */ s(Field, {
			label: "PagerDuty services",
			at: "/pagerduty_services",
			hint: "Names that the administrator has set up.",
			children: (input) => /* @__PURE__ */ s("input", {
				...input,
				value: receiving.services,
				onInput: (event) => set({ services: event.currentTarget.value })
			})
		})
	] });
}
// src/pages/rule-preview.ts
/** What an alert rule finds in bins of the past, as the server judges it, and as a chart shows it. */
var UNITS = {
	Hour: "h",
	Day: "d",
	Week: "w",
	Month: "M"
};
var HALVES = {
	Hour: HOUR / 2,
	Day: DAY / 2,
	Week: 3.5 * DAY,
	Month: 15 * DAY
};
var MAX_JUDGED = 2e3;
var MAX_BINS = 744;
var LEAST_BINS = 12;
/** Judge the last bins by a rule that need not exist: those before now, or before the newest event if it is older. */
function useRulePreview(model, rule) {
	const text = useSettled(rule ? JSON.stringify({
		...rule,
		name: "preview",
		priority: "LOW"
	}) : "");
	const newest = pulse.value?.environments[0]?.newest_event?.timestamp;
	const ended = newest && text ? endOfPreview(JSON.parse(text), Date.parse(newest), Date.now()) : "";
	const { data, error, isLoading, reload, cancel } = useResource(`${model.id} ${text} ${ended}`, async (signal) => {
		if (!text) return void 0;
		const wanted = JSON.parse(text);
		return judge({
			rule: wanted,
			bin_count: Math.min(PREVIEWED[wanted.bin_size].count, Math.floor(MAX_JUDGED / columnsOf(wanted))),
			...ended && { bin_start: ended }
		}, signal);
	});
	return {
		judged: text ? data : void 0,
		error: text ? error : null,
		isLoading,
		reload,
		cancel
	};
}
/** Judge the bins of a range by a rule, as many as the server allows. */
async function judgeRange(rule, start, end, signal) {
	const unit = UNITS[rule.bin_size];
	const closed = add(startOf(Date.now(), unit, "UTC"), -1, unit, "UTC");
	const last = Math.min(startOf(end - 1, unit, "UTC"), closed);
	const most = Math.min(MAX_BINS, Math.floor(MAX_JUDGED / columnsOf(rule)));
	const isInside = (bins) => add(last, -bins, unit, "UTC") >= startOf(start, unit, "UTC");
	let bin_count = 1;
	while (bin_count < most && (bin_count < LEAST_BINS || isInside(bin_count))) bin_count++;
	return judge({
		rule,
		bin_count,
		bin_start: iso(last)
	}, signal);
}
/** Return the start of the newest bin with events, empty if bins up to now have events. */
function endOfPreview(rule, newest, at) {
	const unit = UNITS[rule.bin_size];
	const { count } = PREVIEWED[rule.bin_size];
	return newest >= add(startOf(at, unit, "UTC"), -count, unit, "UTC") ? "" : iso(startOf(newest, unit, "UTC"));
}
function columnsOf(rule) {
	return Math.max(rule.feature_names?.length ?? 1, 1);
}
async function judge(request, signal) {
	const { data } = await body(api.POST("/v3/monitoring/alert-rules/preview", {
		body: request,
		signal
	}));
	const edges = edgesOf(data.bins, request.rule.bin_size);
	return {
		request,
		bins: data.bins,
		rows: await rowsOf(request.rule, edges, signal)
	};
}
async function rowsOf(rule, edges, signal) {
	const wanted = {
		model_id: rule.model_id,
		time_range: {
			start_time: edges[0] ?? "",
			end_time: edges.at(-1) ?? ""
		},
		bin_size: rule.bin_size,
		measures: [{ measure: "count" }],
		...rule.segment_id && { segment: { id: rule.segment_id } }
	};
	const { data } = await body(api.POST("/v3/monitoring/series", {
		body: wanted,
		signal
	}));
	return data.groups?.[0]?.rows ?? [];
}
/** Return the edges of the bins of a preview, which has the same ones for each column. */
function edgesOf(bins, size) {
	const starts = [...new Set(bins.map((bin) => bin.alert_time_bucket))];
	const last = starts.at(-1) ?? 0;
	return [...starts, add(last, 1, UNITS[size], "UTC")].map(iso);
}
/** Return how many bins would have been a warning, and how many critical. Each of them would be a record. */
function fired(bins) {
	const count = (state) => bins.filter((bin) => bin.state === state).length;
	return {
		warning: count("warning"),
		critical: count("critical")
	};
}
/** Return what a chart shows of judged bins. */
function chartOf({ request, bins, rows }, marks) {
	const { rule } = request;
	const columns = [...new Set(bins.map((bin) => bin.feature_name))];
	const edges = edgesOf(bins, rule.bin_size);
	const series = columns.map((column) => seriesOf(rule, column, bins));
	const isAutomatic = rule.threshold_type === "standard_deviation_auto_threshold";
	return {
		edges,
		complete: rows.map(() => true),
		binSize: rule.bin_size,
		rows,
		series: isAutomatic && columns.length === 1 ? [...series, ...limitsOf(bins)] : series,
		thresholds: isAutomatic ? [] : thresholdsOf(rule),
		marks
	};
}
function seriesOf(rule, column, bins) {
	const mine = bins.filter((bin) => bin.feature_name === column);
	return {
		name: column === null ? rule.compare_to === "time_period" ? "change" : "value" : nameOf(column),
		values: mine.map((bin) => rule.compare_to === "time_period" ? changeOf(bin) : bin.value),
		reasons: mine.map((bin) => bin.reason)
	};
}
/** Return the change since the earlier bin as a share, null without one and after 0. */
function changeOf({ value, baseline_value: earlier }) {
	if (value === null || earlier === null) return null;
	if (earlier === 0) return value === 0 ? 0 : null;
	return (value - earlier) / Math.abs(earlier);
}
function thresholdsOf(rule) {
	const isFall = rule.compare_to === "time_period" && rule.condition === "lesser";
	const found = [];
	for (const [name, value] of [["critical", rule.critical_threshold], ["warning", rule.warning_threshold]]) {
		if (value == null) continue;
		found.push({
			name,
			value: isFall ? -Math.abs(value) : value,
			isCritical: name === "critical"
		});
	}
	return found;
}
function limitsOf(bins) {
	return [{
		name: "critical threshold",
		values: bins.map((bin) => bin.critical_threshold),
		isCompared: true
	}, {
		name: "warning threshold",
		values: bins.map((bin) => bin.warning_threshold),
		isCompared: true
	}];
}
/** Return a mark for each bin that would have fired. */
function firings({ bins, request }) {
	const half = HALVES[request.rule.bin_size];
	return bins.filter((bin) => bin.state === "critical" || bin.state === "warning").map((bin) => ({
		at: iso(bin.alert_time_bucket + half),
		text: `${bin.state}${bin.value === null ? "" : ` at ${figure(bin.value)}`}`,
		isBad: bin.state === "critical"
	}));
}
// src/pages/rule-preview-panel.tsx
/** The preview beside the form of an alert rule: how often it would have fired, and a chart of it. */
function RulePreview({ draft, lacks, preview }) {
	const { judged, error, isLoading, reload, cancel } = preview;
	return /* @__PURE__ */ s("section", {
		class: "preview",
		"aria-label": "Preview",
		children: [lacks && /* @__PURE__ */ s("p", {
			class: "quiet",
			children: [
				"Choose ",
				lacks,
				", and the past ",
				PREVIEWED[draft.bin].span,
				" are judged by this rule here."
			]
		}), !lacks && /* @__PURE__ */ s(Loaded, {
			resource: {
				data: judged,
				error,
				isLoading,
				reload,
				cancel
			},
			children: (found) => /* @__PURE__ */ s(Shown$1, { judged: found })
		})]
	});
}
function Shown$1({ judged }) {
	const { bins, request } = judged;
	const found = fired(bins);
	const total = found.warning + found.critical;
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("p", {
			class: "verdict",
			role: "status",
			children: [
				"It would have fired ",
				/* @__PURE__ */ s("strong", { children: count(total) }),
				" ",
				total === 1 ? "time" : "times",
				": ",
				count(found.critical),
				" ",
				"critical, ",
				count(found.warning),
				" warning. ",
				/* @__PURE__ */ s(Undecided, { judged })
			]
		}),
		request.bin_start !== void 0 && /* @__PURE__ */ s("p", {
			class: "quiet",
			children: [
				"The newest event is old, so the preview ends with its bin:",
				" ",
				/* @__PURE__ */ s(Time, { at: edgesOf(bins, request.rule.bin_size).at(-1) ?? null }),
				"."
			]
		}),
		/* @__PURE__ */ s(JudgedChart, {
			judged,
			title: "What it judges"
		})
	] });
}
/** Say how many bins have no verdict, and why. */
function Undecided({ judged: { bins } }) {
	const reasons = bins.filter((bin) => bin.state === "no_data" || bin.state === "learning").map((bin) => bin.reason);
	if (reasons.length === 0) return null;
	const words = [...new Set(reasons)].map((reason) => (reason ?? "no value").replaceAll("_", " "));
	return /* @__PURE__ */ s(w, { children: [
		count(reasons.length),
		" of ",
		count(bins.length),
		" could not be judged (",
		words.join(", "),
		")."
	] });
}
var MAX_MARKS = 24;
function JudgedChart({ judged, title }) {
	const { request, bins } = judged;
	const marks = firings(judged);
	const isChange = request.rule.compare_to === "time_period";
	return /* @__PURE__ */ s(Chart, {
		title,
		unit: isChange ? "change" : "value",
		data: chartOf(judged, marks.length > MAX_MARKS ? [] : marks),
		span: [null, null],
		write: isChange ? (share) => percent(100 * share) : figure,
		call: {
			path: "/v3/monitoring/alert-rules/preview",
			body: request
		},
		revision: bins.at(-1)?.data_revision ?? ""
	});
}
// src/pages/rule-thresholds.tsx
/** When an alert rule fires: bins, comparison and thresholds. */
function ThresholdFields(props) {
	const { draft, change } = props;
	return /* @__PURE__ */ s("section", { children: [
		/* @__PURE__ */ s("h2", { children: "When it fires" }),
		/* @__PURE__ */ s(Bins, { ...props }),
		/* @__PURE__ */ s(Kind, { ...props }),
		draft.isAutomatic ? /* @__PURE__ */ s(Multipliers, { ...props }) : /* @__PURE__ */ s(Fixed, { ...props }),
		/* @__PURE__ */ s("div", {
			class: "fields",
			children: [/* @__PURE__ */ s(Choice, {
				label: "Priority",
				at: "/priority",
				value: draft.priority,
				options: {
					HIGH: "high",
					MEDIUM: "medium",
					LOW: "low"
				},
				choose: (priority) => change({ priority })
			}), /* @__PURE__ */ s(Field, {
				label: "Delay in hours",
				at: "/evaluation_delay",
				children: (input) => /* @__PURE__ */ s(Amount, {
					input,
					value: draft.delay,
					min: "0",
					step: "1",
					isRequired: true,
					change: (delay) => change({ delay })
				})
			})]
		})
	] });
}
function Bins({ draft, change, isFixed }) {
	const deltas = DELTAS[draft.bin].map((bins) => [String(bins), `${bins} ${BINS[draft.bin]}${bins > 1 ? "s" : ""} before`]);
	return /* @__PURE__ */ s("div", {
		class: "fields",
		children: [
			/* @__PURE__ */ s(Choice, {
				label: "Each",
				at: "/bin_size",
				value: draft.bin,
				options: BINS,
				isDisabled: isFixed,
				choose: (bin) => change({
					bin,
					delta: ""
				})
			}),
			/* @__PURE__ */ s(Choice, {
				label: "Judge",
				at: "/compare_to",
				value: draft.comparison,
				options: {
					raw_value: "the value",
					time_period: "its change"
				},
				isDisabled: isFixed || draft.isAutomatic,
				choose: (comparison) => change({ comparison })
			}),
			draft.comparison === "time_period" && /* @__PURE__ */ s(Choice, {
				label: "Since the one",
				at: "/compare_bin_delta",
				value: draft.delta || String(DELTAS[draft.bin][0]),
				options: Object.fromEntries(deltas),
				isDisabled: isFixed,
				choose: (delta) => change({ delta })
			}),
			/* @__PURE__ */ s(Choice, {
				label: "Fires if",
				at: "/condition",
				value: draft.condition,
				options: draft.comparison === "time_period" ? {
					greater: "it grows",
					lesser: "it falls"
				} : {
					greater: "it is above",
					lesser: "it is below"
				},
				isDisabled: isFixed,
				choose: (condition) => change({ condition })
			})
		]
	});
}
function Kind({ draft, change, isFixed }) {
	const set = (isAutomatic) => change(isAutomatic ? {
		isAutomatic,
		comparison: "raw_value"
	} : { isAutomatic });
	return /* @__PURE__ */ s(Group, {
		label: "Thresholds",
		at: "/threshold_type",
		children: [/* @__PURE__ */ s("label", {
			class: "check",
			children: [/* @__PURE__ */ s("input", {
				type: "radio",
				name: "thresholds",
				disabled: isFixed,
				checked: !draft.isAutomatic,
				onChange: () => set(false)
			}), "fixed"]
		}), /* @__PURE__ */ s("label", {
			class: "check",
			children: [/* @__PURE__ */ s("input", {
				type: "radio",
				name: "thresholds",
				disabled: isFixed,
				checked: draft.isAutomatic,
				onChange: () => set(true)
			}), "by the spread of earlier bins"]
		})]
	});
}
function Fixed({ draft, change, metric }) {
	const unit = draft.comparison === "time_period" ? "0.1 is a change by 10 %." : metric?.is_percentage_comparison ? "In percent, from 0 to 100." : "";
	return /* @__PURE__ */ s("div", {
		class: "fields",
		children: [/* @__PURE__ */ s(Field, {
			label: "Critical",
			at: "/critical_threshold",
			hint: unit,
			children: (input) => /* @__PURE__ */ s(Amount, {
				input,
				value: draft.critical,
				isRequired: true,
				change: (critical) => change({ critical })
			})
		}), /* @__PURE__ */ s(Field, {
			label: "Warning",
			at: "/warning_threshold",
			children: (input) => /* @__PURE__ */ s(Amount, {
				input,
				value: draft.warning,
				change: (warning) => change({ warning })
			})
		})]
	});
}
function Multipliers({ draft, change }) {
	return /* @__PURE__ */ s("div", {
		class: "fields",
		children: [/* @__PURE__ */ s(Field, {
			label: "Critical, deviations",
			at: "/auto_threshold_params/critical_multiplier",
			children: (input) => /* @__PURE__ */ s(Amount, {
				input,
				value: draft.criticalMultiplier,
				isRequired: true,
				change: (criticalMultiplier) => change({ criticalMultiplier })
			})
		}), /* @__PURE__ */ s(Field, {
			label: "Warning, deviations",
			at: "/auto_threshold_params/warning_multiplier",
			children: (input) => /* @__PURE__ */ s(Amount, {
				input,
				value: draft.warningMultiplier,
				isRequired: true,
				change: (warningMultiplier) => change({ warningMultiplier })
			})
		})]
	});
}
function Choice({ label, at, value, options, isDisabled = false, choose }) {
	return /* @__PURE__ */ s(Field, {
		label,
		at,
		children: (input) => /* @__PURE__ */ s("select", {
			...input,
			disabled: isDisabled,
			value,
			onChange: (event) => choose(event.currentTarget.value),
			children: Object.entries(options).map(([name, text]) => /* @__PURE__ */ s("option", {
				value: name,
				children: text
			}, name))
		})
	});
}
function Amount({ input, value, isRequired = false, min, step = "any", change }) {
	return /* @__PURE__ */ s("input", {
		...input,
		type: "number",
		step,
		...min !== void 0 && { min },
		required: isRequired,
		value,
		onInput: (event) => change(event.currentTarget.value)
	});
}
// src/pages/rule-form.tsx
/** The form of an alert rule. Beside it the past is drawn with the thresholds, and how often the rule would have fired. */
function RuleForm({ model, rule }) {
	const path = { model_id: model.id };
	const known = useResource(model.id, async (signal) => {
		const [metrics, config] = await Promise.all([body(api.GET("/v3/models/{model_id}/metrics", {
			params: { path },
			signal
		})), rule && notificationOf(rule.id, signal)]);
		return {
			metrics: metrics.data.metrics,
			receiving: receivingOf(config)
		};
	});
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("div", {
		class: "page-head",
		children: /* @__PURE__ */ s("h1", { children: rule ? "Change the alert rule" : "New alert rule" })
	}), /* @__PURE__ */ s(Loaded, {
		resource: known,
		children: ({ metrics, receiving }) => /* @__PURE__ */ s(Filled, {
			model,
			rule: rule ?? null,
			metrics,
			receiving
		})
	})] });
}
async function notificationOf(alert_rule_id, signal) {
	const params = { path: { alert_rule_id } };
	return (await body(api.GET("/v3/alert-rules/{alert_rule_id}/notification", {
		params,
		signal
	}))).data;
}
function Filled({ model, rule, metrics, receiving }) {
	const [draft, setDraft] = _(rule ? draftOf(rule) : EMPTY);
	const [receivers, setReceivers] = _(receiving);
	const action = useAction();
	const metric = metrics.find((one) => one.id === draft.metric);
	const lacks = missing(draft, metric);
	const preview = useRulePreview(model, lacks ? null : requestOf(model.id, draft, metric));
	const change = (fields) => setDraft((last) => ({
		...last,
		...fields
	}));
	const [made, setMade] = _(rule?.id ?? null);
	const save = async () => {
		const id = made ?? await create(requestOf(model.id, draft, metric));
		setMade(id);
		if (rule) await update(id, updateOf(draft, rule));
		await notify(id, receiversOf(receivers));
		go(linkToPage(model.id, "rules", id));
	};
	const leave = () => go(linkToPage(model.id, "rules", rule?.id ?? null));
	const isFixed = rule !== null;
	return /* @__PURE__ */ s("div", {
		class: "editor",
		children: [/* @__PURE__ */ s(Form, {
			action,
			submit: save,
			label: rule ? "Save" : "Create",
			onCancel: leave,
			conflictAt: "/name",
			preview: preview.error,
			children: [
				/* @__PURE__ */ s(Field, {
					label: "Name",
					at: "/name",
					children: (input) => /* @__PURE__ */ s("input", {
						...input,
						required: true,
						maxLength: 255,
						value: draft.name,
						onInput: (event) => change({ name: event.currentTarget.value })
					})
				}),
				/* @__PURE__ */ s(MetricFields, {
					model,
					metrics,
					draft,
					change,
					isFixed
				}),
				/* @__PURE__ */ s(ThresholdFields, {
					metric,
					draft,
					change,
					isFixed
				}),
				/* @__PURE__ */ s(Receivers$1, {
					receiving: receivers,
					change: setReceivers
				})
			]
		}), may("read") && /* @__PURE__ */ s(RulePreview, {
			draft,
			lacks,
			preview
		})]
	});
}
async function create(rule) {
	return (await body(api.POST("/v3/alert-rules", { body: rule }))).data.id;
}
async function update(alert_rule_id, changes) {
	await body(api.PATCH("/v3/alert-rules/{alert_rule_id}", {
		params: { path: { alert_rule_id } },
		body: changes
	}));
}
async function notify(alert_rule_id, config) {
	const params = { path: { alert_rule_id } };
	await body(api.POST("/v3/alert-rules/{alert_rule_id}/notification", {
		params,
		body: config
	}));
}
// src/pages/rule-history.tsx
var LIMIT = 20;
function RuleRecords({ rule, revision }) {
	const params = {
		path: { alert_rule_id: rule.id },
		query: { limit: LIMIT }
	};
	const records = useResource(`${rule.id} ${revision}`, async (signal) => {
		return (await body(api.GET("/v3/alert-rules/{alert_rule_id}/records", {
			params,
			signal
		}))).data;
	});
	return /* @__PURE__ */ s(Panel, {
		title: "Records",
		resource: records,
		isLow: true,
		children: ({ items, total }) => /* @__PURE__ */ s(Newest, {
			title: "Records",
			total,
			none: "No bin was an alert.",
			children: /* @__PURE__ */ s(Rows, {
				label: "Records",
				rows: items,
				id: (one) => one.id,
				title: (one) => one.message,
				columns: [
					{
						head: "Severity",
						cell: (one) => /* @__PURE__ */ s(Severity, { of: one.severity })
					},
					...binColumns(rule),
					{
						head: "Value",
						form: "number",
						cell: (one) => figure(one.alert_value)
					},
					{
						head: "Critical",
						form: "number",
						cell: (one) => figure(one.critical_threshold)
					},
					{
						head: "Warning",
						form: "number",
						cell: (one) => orNone(one.warning_threshold)
					},
					{
						head: "Recorded",
						cell: (one) => /* @__PURE__ */ s(Time, { at: one.created_at })
					}
				]
			})
		})
	});
}
function Evaluations({ rule, revision }) {
	const params = {
		path: { alert_rule_id: rule.id },
		query: { limit: LIMIT }
	};
	const evaluations = useResource(`${rule.id} ${revision}`, async (signal) => {
		return (await body(api.GET("/v3/monitoring/alert-rules/{alert_rule_id}/evaluations", {
			params,
			signal
		}))).data;
	});
	return /* @__PURE__ */ s(Panel, {
		title: "Evaluations",
		resource: evaluations,
		isLow: true,
		children: ({ items, total }) => /* @__PURE__ */ s(Newest, {
			title: "Evaluations",
			total,
			none: "No bin was judged yet.",
			children: /* @__PURE__ */ s(Rows, {
				label: "Evaluations",
				rows: items,
				id: (one) => `${one.alert_time_bucket} ${one.feature_name}`,
				columns: [
					{
						head: "State",
						cell: (one) => /* @__PURE__ */ s(Severity, { of: one.state })
					},
					...binColumns(rule),
					{
						head: "Value",
						form: "number",
						cell: (one) => orNone(one.value)
					},
					{
						head: "Reason",
						cell: (one) => one.reason?.replaceAll("_", " ")
					},
					{
						head: "Judged",
						cell: (one) => /* @__PURE__ */ s(Time, { at: one.evaluated_at })
					}
				]
			})
		})
	});
}
function Newest({ title, total, none, children }) {
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("h2", { children: [
		title,
		" ",
		/* @__PURE__ */ s("span", {
			class: "quiet",
			children: total > LIMIT ? `the newest ${LIMIT} of ${count(total)}` : count(total)
		})
	] }), total === 0 ? /* @__PURE__ */ s("p", {
		class: "quiet",
		children: none
	}) : children] });
}
/** Return the columns of a bin, and of the model's column if the rule has any. */
function binColumns(rule) {
	return [{
		head: "Bin from",
		cell: (one) => /* @__PURE__ */ s(Time, { at: iso(one.alert_time_bucket) })
	}, rule.feature_names ? {
		head: "Column",
		cell: (one) => one.feature_name && /* @__PURE__ */ s(Text, { value: nameOf(one.feature_name) })
	} : null];
}
function orNone(value) {
	return value === null ? "–" : figure(value);
}
// src/pages/rule.tsx
/** One alert rule: what it judges, how it judged last, its chart, its records, and what can be done with it. */
var REFRESH_MS$1 = 1e4;
var DAY_MS = 864e5;
var DAYS = {
	Hour: 7,
	Day: 30,
	Week: 84,
	Month: 365
};
function RulePage({ model, id }) {
	const isChanging = place.value.query.get("change") === "1" && may("manage");
	const params = { path: { alert_rule_id: id } };
	const rule = useResource(`${id} ${isChanging}`, async (signal) => (await body(api.GET("/v3/alert-rules/{alert_rule_id}", {
		params,
		signal
	}))).data, REFRESH_MS$1);
	return /* @__PURE__ */ s(Loaded, {
		resource: rule,
		children: (found) => isChanging ? /* @__PURE__ */ s(RuleForm, {
			model,
			rule: found
		}) : /* @__PURE__ */ s(Shown, {
			rule: found,
			reload: rule.reload
		})
	});
}
function Shown({ rule, reload }) {
	const last = rule.last_evaluation;
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h1", { children: /* @__PURE__ */ s(Text, { value: rule.name }) }),
				/* @__PURE__ */ s(StateOf, { rule }),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				may("manage") && /* @__PURE__ */ s(Actions$1, {
					rule,
					reload
				})
			]
		}),
		/* @__PURE__ */ s(Facts, { facts: {
			Judges: /* @__PURE__ */ s(Text, { value: aboutOf(rule) }),
			Fires: limitsOf$1(rule),
			Priority: rule.priority.toLowerCase(),
			"Last evaluation": /* @__PURE__ */ s(Time, {
				at: last?.evaluated_at ?? null,
				none: "never"
			}),
			"Next evaluation": /* @__PURE__ */ s(Time, { at: rule.next_evaluation_at ?? null }),
			"Last problem": last?.reason ? last.reason.replaceAll("_", " ") : /* @__PURE__ */ s("span", {
				class: "quiet",
				children: "none"
			}),
			Messages: /* @__PURE__ */ s(Receivers, { rule })
		} }),
		may("read") && /* @__PURE__ */ s(History, { rule })
	] });
}
/** Show the past of a rule: the chart of its range, its records, and how its bins were judged. */
function History({ rule }) {
	const { query } = place.value;
	const range = {
		from: query.get("from") ?? `now-${DAYS[rule.bin_size]}d`,
		to: query.get("to") ?? "now"
	};
	const bounds = boundsOf(range, Date.now(), zone.value) ?? {
		start: Date.now() - DAYS[rule.bin_size] * DAY_MS,
		end: Date.now()
	};
	const revision = `${rule.alert_config_revision} ${rule.last_evaluation?.evaluated_at}`;
	const judged = useResource(JSON.stringify([
		rule.id,
		range,
		zone.value,
		revision
	]), (signal) => judgeRange(requestOfRule(rule), bounds.start, bounds.end, signal));
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s(Panel, {
			title: "The values that it judges",
			resource: judged,
			children: (found) => /* @__PURE__ */ s(JudgedChart, {
				judged: found,
				title: "The values that it judges"
			})
		}),
		/* @__PURE__ */ s(RuleRecords, {
			rule,
			revision
		}),
		/* @__PURE__ */ s(Evaluations, {
			rule,
			revision
		})
	] });
}
function Receivers({ rule }) {
	const params = { path: { alert_rule_id: rule.id } };
	const config = useResource(`${rule.id} ${rule.updated_at}`, async (signal) => {
		return (await body(api.GET("/v3/alert-rules/{alert_rule_id}/notification", {
			params,
			signal
		}))).data;
	});
	if (!config.data) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "…"
	});
	const { webhooks, emails, pagerduty_services: services } = config.data;
	const parts = [
		webhooks.length ? `${webhooks.length} webhook${webhooks.length > 1 ? "s" : ""}` : "",
		emails.join(", "),
		services.length ? `PagerDuty ${services.join(", ")}` : ""
	].filter(Boolean);
	const to = parts.length ? parts.join(", ") : "nobody";
	return /* @__PURE__ */ s(Text, { value: rule.enable_notification ? `to ${to}` : `off, else to ${to}` });
}
function Actions$1({ rule, reload }) {
	const [isAsking, setAsking] = _(false);
	const [judged, setJudged] = _(null);
	const { isRunning, error, run } = useAction();
	const params = { path: { alert_rule_id: rule.id } };
	const evaluate = async () => {
		setJudged((await body(api.POST("/v3/monitoring/alert-rules/{alert_rule_id}/evaluate", {
			params,
			body: {}
		}))).data);
		reload();
	};
	const toggle = async () => {
		const change = { enable_notification: !rule.enable_notification };
		await body(api.PATCH("/v3/alert-rules/{alert_rule_id}", {
			params,
			body: change
		}));
		reload();
	};
	const remove = async () => {
		await body(api.DELETE("/v3/alert-rules/{alert_rule_id}", { params }));
		go(linkToPage(rule.model.id, "rules"));
	};
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("button", {
			type: "button",
			class: "main",
			disabled: isRunning,
			onClick: () => run(evaluate),
			children: "Evaluate now"
		}),
		/* @__PURE__ */ s("button", {
			type: "button",
			disabled: isRunning,
			onClick: () => run(toggle),
			children: rule.enable_notification ? "Switch messages off" : "Switch messages on"
		}),
		/* @__PURE__ */ s("a", {
			class: "button",
			href: linkToPage(rule.model.id, "rules", rule.id, { change: "1" }),
			children: "Change"
		}),
		/* @__PURE__ */ s("button", {
			type: "button",
			onClick: () => setAsking(true),
			children: "Delete"
		}),
		/* @__PURE__ */ s("p", {
			class: "outcome",
			role: "status",
			children: judged && outcome(judged)
		}),
		error && /* @__PURE__ */ s(Failure, { error }),
		isAsking && /* @__PURE__ */ s(Question, {
			title: `Delete ${plain(rule.name)}?`,
			label: "Delete",
			act: remove,
			onClose: () => setAsking(false),
			children: /* @__PURE__ */ s("p", { children: "Its records and evaluations are deleted with it. Events stay." })
		})
	] });
}
function outcome({ evaluations, records }) {
	const states = evaluations.map((one) => one.state.replaceAll("_", " "));
	const counted = [...new Set(states)].map((state) => `${states.filter((one) => one === state).length} ${state}`);
	const made = records.length === 1 ? "1 record" : `${records.length || "no"} records`;
	return `Judged the newest bin that is over: ${counted.join(", ")}; ${made} made.`;
}
// src/pages/rules.tsx
/** Alert rules of a model: the list, one of them, and the form of a new one. */
var rules_exports = /* @__PURE__ */ __exportAll({ RulesPage: () => RulesPage });
var REFRESH_MS = 1e4;
var USUAL = "name";
function RulesPage({ model, item }) {
	if (item === "new") return /* @__PURE__ */ s(RuleForm, { model });
	if (item !== null) return /* @__PURE__ */ s(RulePage, {
		model,
		id: item
	}, item);
	return /* @__PURE__ */ s(List, {
		model,
		item
	});
}
function List({ model }) {
	const page = listQuery();
	const order = ordering(USUAL);
	const rules = useResource(JSON.stringify([
		model.id,
		page,
		order
	]), async (signal) => {
		const filter = JSON.stringify({
			field: "model_id",
			operator: "equal",
			value: model.id
		});
		const params = { query: {
			...page,
			ordering: order,
			filter
		} };
		return (await body(api.GET("/v3/alert-rules", {
			params,
			signal
		}))).data;
	}, REFRESH_MS);
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("div", {
		class: "page-head",
		children: [
			/* @__PURE__ */ s("h1", { children: "Alert rules" }),
			/* @__PURE__ */ s(Search, { label: "Search alert rules" }),
			/* @__PURE__ */ s("span", { class: "spacer" }),
			may("manage") && /* @__PURE__ */ s("a", {
				class: "button main",
				href: linkToPage(model.id, "rules", "new"),
				children: "New alert rule"
			})
		]
	}), /* @__PURE__ */ s(Listing, {
		resource: rules,
		what: "alert rules",
		none: /* @__PURE__ */ s(None$1, {}),
		children: (items) => /* @__PURE__ */ s(Table$1, { rules: items })
	})] });
}
function None$1() {
	return /* @__PURE__ */ s(Empty, {
		title: "This model has no alert rule yet.",
		children: [/* @__PURE__ */ s("p", { children: "An alert rule judges a metric in each hour, day, week or month, and notifies you if it crosses a threshold." }), !may("manage") && /* @__PURE__ */ s("p", {
			class: "quiet",
			children: "A token with the scope manage can create one."
		})]
	});
}
function Table$1({ rules }) {
	return /* @__PURE__ */ s(Rows, {
		label: "Alert rules",
		rows: rules,
		usual: USUAL,
		id: (rule) => rule.id,
		columns: [
			{
				head: "State",
				cell: (rule) => /* @__PURE__ */ s(StateOf, { rule })
			},
			{
				head: "Alert rule",
				form: "name",
				sort: "name",
				cell: (rule) => /* @__PURE__ */ s(w, { children: [
					/* @__PURE__ */ s("a", {
						href: linkToPage(rule.model.id, "rules", rule.id),
						children: /* @__PURE__ */ s(Text, { value: rule.name })
					}),
					" ",
					!rule.enable_notification && /* @__PURE__ */ s("span", {
						class: "tag",
						children: "no messages"
					})
				] })
			},
			{
				head: "Judges",
				form: "wrap",
				cell: (rule) => /* @__PURE__ */ s(Text, { value: aboutOf(rule) })
			},
			{
				head: "Fires",
				form: "wrap",
				cell: (rule) => limitsOf$1(rule)
			},
			{
				head: "Priority",
				sort: "priority",
				cell: (rule) => rule.priority.toLowerCase()
			},
			{
				head: "Last evaluation",
				cell: (rule) => /* @__PURE__ */ s(Time, {
					at: rule.last_evaluation?.evaluated_at ?? null,
					none: "never"
				})
			},
			{
				head: "Next",
				cell: (rule) => /* @__PURE__ */ s(Time, { at: rule.next_evaluation_at ?? null })
			}
		]
	});
}
/** Show how the newest bin of a rule was judged, with the reason if it could not be. */
function StateOf({ rule }) {
	const last = rule.last_evaluation;
	if (!last) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "not judged yet"
	});
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s(Severity, { of: last.state }), last.reason && /* @__PURE__ */ s("span", {
		class: "quiet",
		children: [
			" (",
			last.reason.replaceAll("_", " "),
			")"
		]
	})] });
}
// src/pages/webhook-dialogs.tsx
/** The dialogs that create, test and delete a webhook. */
function CreateWebhook({ onClose, onMade }) {
	const [name, setName] = _("");
	const [url, setUrl] = _("");
	const [provider, setProvider] = _("SLACK");
	const action = useAction();
	const create = async () => {
		onMade((await body(api.POST("/v2/webhooks", { body: {
			name,
			url: url.trim(),
			provider
		} }))).data);
	};
	return /* @__PURE__ */ s(Dialog, {
		title: "New webhook",
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
						value: name,
						onInput: (event) => setName(event.currentTarget.value)
					})
				}),
				/* @__PURE__ */ s(Field, {
					label: "Form of the messages",
					at: "/provider",
					children: (input) => /* @__PURE__ */ s("select", {
						...input,
						value: provider,
						onChange: (event) => setProvider(event.currentTarget.value),
						children: Object.entries(PROVIDERS).map(([value, label]) => /* @__PURE__ */ s("option", {
							value,
							children: label
						}, value))
					})
				}),
				/* @__PURE__ */ s(Field, {
					label: "URL",
					at: "/url",
					hint: "It is a secret: it is stored encrypted, and shown only in part.",
					children: (input) => /* @__PURE__ */ s("input", {
						...input,
						required: true,
						type: "url",
						autocomplete: "off",
						placeholder: "https://hooks.example.com/…",
						value: url,
						onInput: (event) => setUrl(event.currentTarget.value)
					})
				})
			]
		})
	});
}
function SecretOfWebhook({ webhook, onClose }) {
	const secret = webhook.signing_secret ?? "";
	return /* @__PURE__ */ s(Dialog, {
		title: "Copy the signing secret now",
		onClose,
		children: [
			/* @__PURE__ */ s("p", { children: [
				"Messages to ",
				/* @__PURE__ */ s(Text, { value: webhook.name }),
				" are signed with it, in the header ",
				/* @__PURE__ */ s("code", { children: "X-Event-Signature" }),
				". It is shown only once."
			] }),
			/* @__PURE__ */ s("p", {
				class: "secret-line",
				children: [/* @__PURE__ */ s("code", {
					class: "secret",
					children: secret
				}), /* @__PURE__ */ s(Copy, {
					text: secret,
					what: "signing secret"
				})]
			}),
			/* @__PURE__ */ s("footer", {
				class: "dialog-foot",
				children: /* @__PURE__ */ s("button", {
					type: "button",
					class: "main",
					onClick: onClose,
					children: "Done"
				})
			})
		]
	});
}
/** Send a test message at once, and show what became of it. */
function TestWebhook({ webhook, onClose }) {
	const [result, setResult] = _(null);
	const { isRunning, error, run } = useAction();
	const path = { webhook_id: webhook.uuid };
	const send = () => run(async () => {
		setResult(null);
		setResult((await body(api.POST("/v3/monitoring/webhooks/{webhook_id}/test", { params: { path } }))).data);
	});
	y(() => {
		send();
	}, []);
	return /* @__PURE__ */ s(Dialog, {
		title: `Test ${plain(webhook.name)}`,
		onClose,
		children: [/* @__PURE__ */ s("div", {
			role: "status",
			class: "stack",
			children: [
				isRunning && /* @__PURE__ */ s("p", { children: "Sending a test message. It takes up to 10 seconds …" }),
				result && /* @__PURE__ */ s(Result, { of: result }),
				error && /* @__PURE__ */ s("p", {
					class: "fault",
					children: error.message
				})
			]
		}), /* @__PURE__ */ s("footer", {
			class: "dialog-foot",
			children: [/* @__PURE__ */ s("button", {
				type: "button",
				disabled: isRunning,
				onClick: send,
				children: "Send again"
			}), /* @__PURE__ */ s("button", {
				type: "button",
				class: "main",
				onClick: onClose,
				children: "Done"
			})]
		})]
	});
}
function Result({ of }) {
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("p", {
		class: of.delivered ? "good" : "fault",
		children: of.delivered ? "Delivered." : "Not delivered."
	}), /* @__PURE__ */ s("p", { children: [of.status_code === null ? "The receiver did not respond." : `The receiver responded with status ${of.status_code}.`, of.problem && /* @__PURE__ */ s(w, { children: [" ", /* @__PURE__ */ s(Text, { value: of.problem })] })] })] });
}
function DeleteWebhook({ webhook, onClose, onDeleted }) {
	const remove = async () => {
		await body(api.DELETE("/v2/webhooks/{webhook_id}", { params: { path: { webhook_id: webhook.uuid } } }));
		onDeleted();
	};
	return /* @__PURE__ */ s(Question, {
		title: `Delete ${plain(webhook.name)}?`,
		label: "Delete",
		act: remove,
		onClose,
		children: /* @__PURE__ */ s("p", { children: "Its undelivered messages are cancelled. A webhook that an alert rule notifies cannot be deleted." })
	});
}
// src/pages/webhooks.tsx
/** Webhooks: the receivers of messages about alerts. Their URLs are secrets, so they are masked. */
var webhooks_exports = /* @__PURE__ */ __exportAll({ WebhooksPage: () => WebhooksPage });
var PROVIDERS = {
	SLACK: "Slack",
	MS_TEAMS: "Microsoft Teams",
	OTHER: "Signed JSON"
};
function WebhooksPage() {
	const [open, setOpen] = _(null);
	const query = listQuery();
	const webhooks = useResource(JSON.stringify(query), async (signal) => {
		return (await body(api.GET("/v2/webhooks", {
			params: { query },
			signal
		}))).data;
	});
	const close = () => setOpen(null);
	const made = (webhook) => {
		setOpen(webhook.signing_secret ? {
			kind: "secret",
			webhook
		} : null);
		webhooks.reload();
	};
	const deleted = () => {
		close();
		webhooks.reload();
	};
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h1", { children: "Webhooks" }),
				/* @__PURE__ */ s(Search, { label: "Search webhooks by name" }),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				may("admin") && /* @__PURE__ */ s("a", {
					href: linkTo("/deliveries"),
					children: "Messages sent"
				}),
				may("admin") && /* @__PURE__ */ s("button", {
					type: "button",
					class: "main",
					onClick: () => setOpen({ kind: "create" }),
					children: "New webhook"
				})
			]
		}),
		/* @__PURE__ */ s(Listing, {
			resource: webhooks,
			what: "webhooks",
			none: /* @__PURE__ */ s(None, {}),
			children: (items) => /* @__PURE__ */ s(Table, {
				webhooks: items,
				open: setOpen
			})
		}),
		open?.kind === "create" && /* @__PURE__ */ s(CreateWebhook, {
			onClose: close,
			onMade: made
		}),
		open?.kind === "secret" && /* @__PURE__ */ s(SecretOfWebhook, {
			webhook: open.webhook,
			onClose: close
		}),
		open?.kind === "test" && /* @__PURE__ */ s(TestWebhook, {
			webhook: open.webhook,
			onClose: close
		}),
		open?.kind === "delete" && /* @__PURE__ */ s(DeleteWebhook, {
			webhook: open.webhook,
			onClose: close,
			onDeleted: deleted
		})
	] });
}
function None() {
	return /* @__PURE__ */ s(Empty, {
		title: "There is no webhook yet.",
		children: [/* @__PURE__ */ s("p", { children: "Alert rules can send messages to a channel of Slack or Microsoft Teams, or as signed JSON to your own program." }), !may("admin") && /* @__PURE__ */ s("p", {
			class: "quiet",
			children: "A token with the scope admin can create one."
		})]
	});
}
function Table({ webhooks, open }) {
	return /* @__PURE__ */ s(Rows, {
		label: "Webhooks",
		rows: webhooks,
		id: (one) => one.uuid,
		columns: [
			{
				head: "Name",
				form: "name",
				cell: (one) => /* @__PURE__ */ s(Text, { value: one.name })
			},
			{
				head: "Form",
				cell: (one) => PROVIDERS[one.provider]
			},
			{
				head: "Receiver",
				cell: (one) => /* @__PURE__ */ s("code", { children: masked(one.url) })
			},
			{
				head: "Created",
				cell: (one) => /* @__PURE__ */ s(Time, { at: one.created_at })
			},
			may("admin") && {
				head: "Actions",
				form: "actions",
				cell: (one) => /* @__PURE__ */ s(Actions, {
					webhook: one,
					open
				})
			}
		]
	});
}
function Actions({ webhook, open }) {
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("button", {
		type: "button",
		class: "small",
		"aria-label": `Test ${webhook.name}`,
		onClick: () => open({
			kind: "test",
			webhook
		}),
		children: "Test"
	}), /* @__PURE__ */ s("button", {
		type: "button",
		class: "small",
		"aria-label": `Delete ${webhook.name}`,
		onClick: () => open({
			kind: "delete",
			webhook
		}),
		children: "Delete"
	})] });
}
/** Return the scheme and the host of a URL: the rest of it is a secret. */
function masked(url) {
	return url.replace(/^([a-z]+:\/\/[^/?#]*).*$/i, "$1/***");
}
export { alerts_exports as i, rules_exports as n, deliveries_exports as r, webhooks_exports as t };
