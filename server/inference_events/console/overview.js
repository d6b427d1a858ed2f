import { B as useSelection, C as count, E as percent, J as pulse, M as Text, Mt as body, N as plain, P as Time, S as compact, St as Loaded, T as figure, X as useLive, et as linkTo, gt as previous, h as TableBox, jt as api, n as PageLink, nt as routeAt, pt as freeze, s as readSeries, t as Sparkline, w as duration, xt as Failure } from "./shared.js";
import { _ as w, t as s } from "./vendor.js";
// src/pages/overview-figures.ts
/** The figures of the overview: four numbers, each with its course and its change against the range before. */
var MAX_BINS = 60;
var FEW = 30;
/** The metric that stands for the performance of a task, and whether more of it is better. */
var MAIN_METRICS = {
	binary_classification: "accuracy",
	multiclass_classification: "accuracy",
	regression: "mae",
	ranking: "ndcg_mean"
};
/** Read events, violations and the course of the main metric. Throws RequestFailed. */
async function readTraffic(model, selection, signal) {
	const metric = MAIN_METRICS[model.task];
	const measures = [{ measure: "count" }, { measure: "violations" }];
	if (metric) measures.push({
		measure: "performance",
		metric
	});
	const compared = {
		...selection,
		compared: previous(selection.bounds)
	};
	const { now, before } = await readSeries(compared, measures, { max_bins: MAX_BINS }, signal);
	const [events, violated] = [countsOf(now, 0), countsOf(now, 1)];
	const [eventsBefore, violatedBefore] = [countsOf(before, 0), countsOf(before, 1)];
	const total = sum(events);
	const ended = now.complete.map((isEnded, bin) => isEnded && bin < eventsBefore.length);
	const [nowEnded, beforeEnded] = [sum(events.filter((_, n) => ended[n])), sum(eventsBefore.filter((_, n) => ended[n]))];
	const share = total ? 100 * sum(violated) / total : null;
	const totalBefore = sum(eventsBefore);
	const shareBefore = totalBefore ? 100 * sum(violatedBefore) / totalBefore : null;
	const course = events.map((rows, bin) => rows ? 100 * (violated[bin] ?? 0) / rows : null);
	return {
		traffic: {
			value: total,
			change: beforeEnded ? 100 * nowEnded / beforeEnded - 100 : null,
			course: events
		},
		violations: {
			value: share,
			change: share === null || shareBefore === null ? null : share - shareBefore,
			course
		},
		performance: metric ? performanceCourse(now) : null
	};
}
function performanceCourse(now) {
	const series = now.groups[0]?.measures[2];
	const hollow = (now.groups[0]?.rows ?? []).map((all, bin) => (series?.labelled[bin] ?? 0) < Math.max(FEW, all / 2));
	return {
		value: null,
		change: null,
		course: series?.values ?? [],
		hollow
	};
}
/** Read the main metric of the range, and of the range before; null for a task without one. Throws RequestFailed. */
async function readPerformance(model, selection, signal) {
	const metric = MAIN_METRICS[model.task];
	if (!metric) return null;
	const read = async (request) => (await body(api.POST("/v3/monitoring/performance", {
		body: request,
		signal
	}))).data;
	const now = await read(selection.body);
	const before = await read(bodyBefore(selection));
	const found = now.metrics.find((one) => one.metric === metric);
	const earlier = before.metrics.find((one) => one.metric === metric)?.figure.value ?? null;
	const value = found?.figure.value ?? null;
	return {
		metric,
		value,
		reason: found?.figure.reason ?? null,
		interval: found?.interval ?? null,
		change: value === null || earlier === null ? null : value - earlier,
		labels: now.labels
	};
}
/** Read the column with the most drift, and its drift in the range before. Throws RequestFailed. */
async function readDrift(model, selection, signal) {
	const none = {
		value: null,
		change: null,
		course: [],
		column: null,
		baseline: null
	};
	if (model.schema.columns.length > 100) return {
		...none,
		reason: "more than 100 columns: see the page"
	};
	const read = async (request) => (await body(api.POST("/v3/monitoring/columns", {
		body: request,
		signal
	}))).data;
	const { baseline, columns } = await read({
		...selection.body,
		sort: "drift",
		limit: 1
	});
	const worst = columns?.[0];
	if (!baseline) return {
		...none,
		reason: "no baseline"
	};
	if (worst?.drift?.value == null) return {
		...none,
		reason: "no value",
		baseline: baseline.name
	};
	const earlier = (await read({
		...bodyBefore(selection),
		search: worst.column,
		limit: 20
	})).columns?.find((one) => one.column === worst.column)?.drift?.value ?? null;
	return {
		value: worst.drift.value,
		change: earlier === null ? null : worst.drift.value - earlier,
		course: worst.trend ?? [],
		column: worst.column,
		baseline: baseline.name
	};
}
function bodyBefore(selection) {
	const { from: start_time, to: end_time } = freeze(previous(selection.bounds));
	return {
		...selection.body,
		time_range: {
			start_time,
			end_time
		}
	};
}
function countsOf(series, measure) {
	return (series?.groups[0]?.measures[measure]?.values ?? []).map((value) => value ?? 0);
}
function sum(values) {
	return values.reduce((total, value) => total + value, 0);
}
// src/pages/overview-lists.tsx
var SHOWN = 6;
var READ = 50;
function List({ title, page, resource, none, children }) {
	return /* @__PURE__ */ s("section", {
		"aria-label": title,
		children: [/* @__PURE__ */ s("div", {
			class: "panel-head",
			children: /* @__PURE__ */ s("h2", { children: page ? /* @__PURE__ */ s(PageLink, {
				modelId: page.modelId,
				page: page.name,
				children: title
			}) : title })
		}), /* @__PURE__ */ s(Loaded, {
			resource,
			children: (items) => items.length ? /* @__PURE__ */ s(TableBox, {
				label: title,
				children: /* @__PURE__ */ s("table", {
					class: "list",
					children: /* @__PURE__ */ s("tbody", { children: items.map((item) => children(item)) })
				})
			}) : /* @__PURE__ */ s("p", {
				class: "quiet",
				children: none
			})
		})]
	});
}
function ofModel(model) {
	return JSON.stringify({
		field: "model_id",
		operator: "in",
		value: [model.id]
	});
}
function OpenAlerts({ model }) {
	const revision = JSON.stringify(pulse.value?.open_alerts);
	const alerts = useLive(`alerts ${model.id}`, revision, async (signal) => {
		const params = { query: {
			limit: READ,
			filter: ofModel(model)
		} };
		return open((await body(api.GET("/v3/monitoring/alert-records", {
			params,
			signal
		}))).data.items);
	});
	return /* @__PURE__ */ s(List, {
		title: "Open alerts",
		page: {
			modelId: model.id,
			name: "alerts"
		},
		resource: alerts,
		none: "None.",
		children: (alert) => /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s("span", {
			class: alert.severity === "CRITICAL" ? "tag bad" : "tag",
			children: alert.severity?.toLowerCase()
		}) }), /* @__PURE__ */ s("th", {
			scope: "row",
			class: "wrap",
			children: [/* @__PURE__ */ s(Text, { value: alert.alert_rule.name }), /* @__PURE__ */ s("span", {
				class: "quiet line small",
				children: /* @__PURE__ */ s(Text, { value: alert.message })
			})]
		})] }, alert.id)
	});
}
/** Return the newest record of each rule and column, if it is an alert. */
function open(records) {
	const newest = /* @__PURE__ */ new Map();
	for (const record of records) {
		const key = JSON.stringify([record.alert_rule_id, record.feature_name]);
		const known = newest.get(key);
		const order = (one) => [
			one.alert_time_bucket,
			one.alert_record_main_version,
			one.alert_record_sub_version
		];
		if (!known || isAfter(order(record), order(known))) newest.set(key, record);
	}
	return [...newest.values()].filter((record) => record.is_alert).slice(0, SHOWN);
}
function isAfter(one, other) {
	const n = one.findIndex((value, place) => value !== other[place]);
	return n >= 0 && (one[n] ?? 0) > (other[n] ?? 0);
}
function LastJobs({ model }) {
	const jobs = pulse.value?.jobs;
	const revision = JSON.stringify([jobs, pulse.value?.environments.map((one) => one.data_revision)]);
	const found = useLive(`jobs ${model.id}`, revision, async (signal) => {
		const params = { query: {
			limit: SHOWN,
			filter: ofModel(model)
		} };
		return (await body(api.GET("/v3/jobs", {
			params,
			signal
		}))).data.items;
	});
	const hasPage = routeAt("/jobs") !== null;
	return /* @__PURE__ */ s(List, {
		title: "Last jobs",
		resource: found,
		none: "No job ran in the last 90 days.",
		children: (job) => /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s("span", {
				class: job.status === "FAILURE" ? "tag bad" : "tag",
				children: job.status === "STARTED" ? `${count(Math.floor(job.progress))}%` : job.status.toLowerCase()
			}) }),
			/* @__PURE__ */ s("th", {
				scope: "row",
				children: [
					hasPage ? /* @__PURE__ */ s("a", {
						href: linkTo(`/jobs/${job.id}`),
						children: job.name
					}) : job.name,
					" ",
					/* @__PURE__ */ s("span", {
						class: "quiet",
						children: /* @__PURE__ */ s(Text, { value: job.info.resource_name })
					})
				]
			}),
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Time, { at: job.created_at }) })
		] }, job.id)
	});
}
function LastEvents({ model, selection }) {
	const { environment, revision } = selection;
	const events = useLive(`events ${environment.id}`, revision, async (signal) => {
		const of = environment.type === "PRODUCTION" ? { env_type: "PRODUCTION" } : {
			env_type: "PRE_PRODUCTION",
			env_name: environment.name
		};
		const request = {
			model_id: model.id,
			...of,
			limit: SHOWN,
			order: "desc",
			columns: [],
			preview: 200
		};
		return (await body(api.POST("/v3/events/query", {
			body: request,
			signal
		}))).data.items;
	});
	return /* @__PURE__ */ s(List, {
		title: "Last events",
		page: {
			modelId: model.id,
			name: "events"
		},
		resource: events,
		none: "None.",
		children: (event) => /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Time, { at: event.timestamp }) }),
			/* @__PURE__ */ s("th", {
				scope: "row",
				children: /* @__PURE__ */ s(PageLink, {
					modelId: model.id,
					page: "events",
					item: event.event_id,
					children: /* @__PURE__ */ s(Text, { value: event.event_id })
				})
			}),
			/* @__PURE__ */ s("td", {
				class: "number quiet",
				children: event.violations.length ? `${count(event.violations.length)} violations` : ""
			})
		] }, event.event_id)
	});
}
// src/pages/overview.tsx
function Overview({ model }) {
	const selection = useSelection();
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: /* @__PURE__ */ s("h1", { children: "Overview" })
		}),
		/* @__PURE__ */ s(Figures, {
			model,
			selection
		}),
		/* @__PURE__ */ s("div", {
			class: "overview-lists",
			children: [
				/* @__PURE__ */ s(OpenAlerts, { model }),
				/* @__PURE__ */ s(LastJobs, { model }),
				/* @__PURE__ */ s(LastEvents, {
					model,
					selection
				})
			]
		})
	] });
}
function Figures({ model, selection }) {
	const { key, revision } = selection;
	const traffic = useLive(`traffic ${key}`, revision, (signal) => readTraffic(model, selection, signal));
	const performance = useLive(`performance ${key}`, revision, (signal) => readPerformance(model, selection, signal));
	const drift = useLive(`drift ${key}`, revision, (signal) => readDrift(model, selection, signal));
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s(TableBox, {
			label: "Figures",
			children: /* @__PURE__ */ s("table", {
				class: "figures",
				children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
					/* @__PURE__ */ s("th", {
						scope: "col",
						children: "Figure"
					}),
					/* @__PURE__ */ s("th", {
						scope: "col",
						class: "number",
						children: "In this range"
					}),
					/* @__PURE__ */ s("th", {
						scope: "col",
						class: "number",
						children: "Change"
					}),
					/* @__PURE__ */ s("th", {
						scope: "col",
						children: "Course"
					}),
					/* @__PURE__ */ s("th", {
						scope: "col",
						class: "note",
						children: "Note"
					})
				] }) }), /* @__PURE__ */ s("tbody", { children: [
					/* @__PURE__ */ s(TrafficLines, {
						model,
						traffic
					}),
					/* @__PURE__ */ s(DriftLine, {
						model,
						drift
					}),
					/* @__PURE__ */ s(PerformanceLine, {
						model,
						performance,
						course: traffic.data?.performance ?? null
					})
				] })]
			})
		}),
		/* @__PURE__ */ s(Facts, {
			model,
			selection,
			performance: performance.data ?? null
		}),
		[
			traffic,
			performance,
			drift
		].map(({ error, reload }, n) => error ? /* @__PURE__ */ s(Failure, {
			error,
			retry: reload
		}, n) : null)
	] });
}
function TrafficLines({ model, traffic }) {
	const data = traffic.data;
	const [events, violations] = [data?.traffic, data?.violations];
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s(Row, {
		name: /* @__PURE__ */ s(PageLink, {
			modelId: model.id,
			page: "traffic",
			children: "Traffic"
		}),
		value: events && `${count(events.value ?? 0)} events`,
		change: change(events?.change, (by) => percent(by)),
		course: events && /* @__PURE__ */ s(Sparkline, {
			values: events.course,
			isFromZero: true,
			label: "Events over time"
		}),
		note: ""
	}), /* @__PURE__ */ s(Row, {
		name: /* @__PURE__ */ s(PageLink, {
			modelId: model.id,
			page: "integrity",
			children: "Violations"
		}),
		value: violations && (violations.value === null ? "no events" : percent(violations.value)),
		change: change(violations?.change, (by) => `${percent(by).replace("%", "")} points`),
		course: violations && /* @__PURE__ */ s(Sparkline, {
			values: violations.course,
			isFromZero: true,
			label: "Share of events with a violation over time"
		}),
		note: "events with a violation; missing labels do not count"
	})] });
}
function DriftLine({ model, drift }) {
	const data = drift.data;
	return /* @__PURE__ */ s(Row, {
		name: /* @__PURE__ */ s(PageLink, {
			modelId: model.id,
			page: "drift",
			children: "Worst drift"
		}),
		value: data && (data.value === null ? data.reason : figure(data.value)),
		change: change(data?.change, figure),
		course: data?.course.length ? /* @__PURE__ */ s(Sparkline, {
			values: data.course,
			isFromZero: true,
			label: "Drift over time"
		}) : void 0,
		note: data?.column && /* @__PURE__ */ s(w, { children: [
			"JSD of",
			" ",
			/* @__PURE__ */ s(PageLink, {
				modelId: model.id,
				page: "integrity",
				item: data.column,
				children: /* @__PURE__ */ s(Text, { value: data.column })
			}),
			" ",
			"against ",
			/* @__PURE__ */ s(Text, { value: data.baseline ?? "" })
		] })
	});
}
function PerformanceLine({ model, performance: { data }, course }) {
	if (data === null) return null;
	const half = data?.interval ? ((data.interval[1] ?? 0) - (data.interval[0] ?? 0)) / 2 : null;
	const value = data && (data.value === null ? (data.reason ?? "no value").replaceAll("_", " ") : figure(data.value));
	return /* @__PURE__ */ s(Row, {
		name: /* @__PURE__ */ s(PageLink, {
			modelId: model.id,
			page: "performance",
			children: plain(data?.metric.replaceAll("_", " ") ?? "performance")
		}),
		value: half === null ? value : `${value} ± ${figure(half)}`,
		change: change(data?.change, figure),
		course: course?.course.length ? /* @__PURE__ */ s(Sparkline, {
			values: course.course,
			hollow: course.hollow ?? [],
			label: "Performance over time"
		}) : void 0,
		note: data && `${percent(100 * (data.labels.coverage ?? 0))} of the events have a label`
	});
}
function Row({ name, value, change, course, note }) {
	return /* @__PURE__ */ s("tr", { children: [
		/* @__PURE__ */ s("th", {
			scope: "row",
			children: name
		}),
		/* @__PURE__ */ s("td", {
			class: "number strong",
			children: value ?? /* @__PURE__ */ s("span", {
				class: "quiet",
				children: "…"
			})
		}),
		/* @__PURE__ */ s("td", {
			class: "number quiet",
			children: change
		}),
		/* @__PURE__ */ s("td", { children: course }),
		/* @__PURE__ */ s("td", {
			class: "note quiet",
			children: note
		})
	] });
}
/** Write a change with its sign. */
function change(by, write) {
	if (by === null || by === void 0) return "–";
	return `${by > 0 ? "+" : by < 0 ? "−" : "±"}${write(Math.abs(by))}`;
}
function Facts({ model, selection, performance }) {
	const { environment } = selection;
	const [, , late] = performance?.labels.lags ?? [];
	const target = model.spec.targets?.[0];
	return /* @__PURE__ */ s("dl", {
		class: "facts",
		children: [
			/* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: "Newest event" }), /* @__PURE__ */ s("dd", { children: /* @__PURE__ */ s(Time, { at: environment.newest_event?.timestamp ?? null }) })] }),
			/* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: "It was received" }), /* @__PURE__ */ s("dd", { children: /* @__PURE__ */ s(Time, { at: environment.newest_event?.received_at ?? null }) })] }),
			/* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: "All events" }), /* @__PURE__ */ s("dd", { children: [!environment.is_exact ? "more than " : "", compact(environment.events)] })] }),
			performance && target && /* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: "Labels" }), /* @__PURE__ */ s("dd", { children: [/* @__PURE__ */ s(PageLink, {
				modelId: model.id,
				page: "integrity",
				item: target,
				children: [percent(100 * (performance.labels.coverage ?? 0)), " known"]
			}), late != null && /* @__PURE__ */ s("span", {
				class: "quiet",
				children: [", most after ", duration(late)]
			})] })] }),
			/* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: "Data revision" }), /* @__PURE__ */ s("dd", { children: /* @__PURE__ */ s("code", { children: selection.revision }) })] })
		]
	});
}
export { Overview };
