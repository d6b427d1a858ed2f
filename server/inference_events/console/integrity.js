import { _ as w, t as s, u as _ } from "./vendor.js";
import { $ as hasPage, B as useSelection, C as count, E as percent, M as Text, Mt as body, T as figure, U as zone, X as useLive, a as Panel, at as go, bt as Empty, h as TableBox, i as Tabs, it as change, jt as api, n as PageLink, pt as freeze, r as ColumnChoice, st as place, tt as linkToPage, w as duration } from "./shared.js";
import { a as binName, i as CallDialog, n as HeatMap, r as Chart, t as Bars } from "./charts.js";
import { n as rule, t as roleOf } from "./column-words.js";
// src/pages/column-distribution.tsx
/** The distribution of a column, beside that of the range before if the page compares. */
/** Texts and times have no bins. */
var WITHOUT = ["str", "timestamp"];
function Distribution({ column }) {
	if (WITHOUT.includes(column.data_type)) return null;
	return /* @__PURE__ */ s(Shown, { name: column.name });
}
function Shown({ name }) {
	const selection = useSelection();
	const title = "Distribution";
	const found = useLive(`distribution ${name} ${selection.key}`, selection.revision, async (signal) => {
		const { compared, environment, body: base } = selection;
		const request = {
			...base,
			column: name
		};
		if (compared) {
			const { from: start_time, to: end_time } = freeze(compared);
			request.compare = [{
				environment_id: environment.id,
				time_range: {
					start_time,
					end_time
				}
			}];
		}
		return {
			data: (await body(api.POST("/v3/monitoring/distribution", {
				body: request,
				signal
			}))).data,
			call: {
				path: "/v3/monitoring/distribution",
				body: request
			}
		};
	});
	return /* @__PURE__ */ s(Panel, {
		title,
		resource: found,
		children: ({ data, call }) => /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s(Head, {
			title,
			found: data,
			call
		}), data.reason ? /* @__PURE__ */ s("p", {
			class: "quiet",
			children: [
				"There are no bins: ",
				data.reason.replaceAll("_", " "),
				"."
			]
		}) : /* @__PURE__ */ s(w, { children: [
			/* @__PURE__ */ s(Bars, {
				label: `${title} of ${name}: ${data.labels.length} bins of ${count(data.sides[0]?.size ?? 0)} values`,
				labels: data.labels,
				sides: data.sides.map((side, n) => ({
					name: sideName(n),
					values: shares(side)
				})),
				write: percent
			}),
			/* @__PURE__ */ s(Ends, { labels: data.labels }),
			/* @__PURE__ */ s(Numbers, { found: data })
		] })] })
	});
}
function sideName(n) {
	return n === 0 ? "this range" : "range before";
}
/** The share of each bin in all values, those outside of the bins included. */
function shares({ counts, below, above, other }) {
	const total = counts.reduce((sum, one) => sum + one, below + above + other) || 1;
	return counts.map((one) => 100 * one / total);
}
function Head({ title, found, call }) {
	const [isOpen, setOpen] = _(false);
	const size = found.sides?.[0]?.size ?? 0;
	return /* @__PURE__ */ s("div", {
		class: "panel-head",
		children: [
			/* @__PURE__ */ s("h2", { children: title }),
			/* @__PURE__ */ s("span", {
				class: "quiet",
				children: [
					"share of the values, ",
					count(size),
					" values"
				]
			}),
			/* @__PURE__ */ s("span", { class: "spacer" }),
			/* @__PURE__ */ s("button", {
				type: "button",
				class: "small",
				onClick: () => setOpen(true),
				children: "As API call"
			}),
			isOpen && /* @__PURE__ */ s(CallDialog, {
				call,
				revision: found.data_revision,
				onClose: () => setOpen(false)
			})
		]
	});
}
/** The names of the outer bins under the bars; all are in the table. */
function Ends({ labels }) {
	if (labels.length > 12) return /* @__PURE__ */ s("p", {
		class: "ends quiet small",
		"aria-hidden": "true",
		children: [/* @__PURE__ */ s(Text, { value: labels[0] ?? "" }), /* @__PURE__ */ s(Text, { value: labels.at(-1) ?? "" })]
	});
	return /* @__PURE__ */ s("p", {
		class: "bar-names quiet small",
		"aria-hidden": "true",
		children: labels.map((label) => /* @__PURE__ */ s("span", {
			title: label,
			children: /* @__PURE__ */ s(Text, { value: label })
		}, label))
	});
}
function Numbers({ found: { sides, labels } }) {
	return /* @__PURE__ */ s("div", {
		class: "columns",
		children: [/* @__PURE__ */ s(TableBox, {
			label: "Bins",
			children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Values"
			}), sides.map((_, n) => /* @__PURE__ */ s("th", {
				scope: "col",
				class: "number",
				children: sides.length > 1 ? sideName(n) : "Events"
			}, sideName(n)))] }) }), /* @__PURE__ */ s("tbody", { children: [
				...labels,
				"below",
				"above",
				"other",
				"no value"
			].map((label, bin) => /* @__PURE__ */ s(BinRow, {
				label,
				counts: sides.map((side) => binCount(side, bin)),
				isAlways: bin < labels.length
			}, label)) })] })
		}), sides[0]?.summary && /* @__PURE__ */ s(Summary$1, { sides })]
	});
}
function binCount(side, bin) {
	return [
		...side.counts,
		side.below,
		side.above,
		side.other,
		side.nulls
	][bin] ?? 0;
}
function BinRow({ label, counts, isAlways }) {
	if (!isAlways && counts.every((one) => one === 0)) return null;
	return /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
		scope: "row",
		children: isAlways ? /* @__PURE__ */ s(Text, { value: label }) : /* @__PURE__ */ s("span", {
			class: "quiet",
			children: label
		})
	}), counts.map((one, n) => /* @__PURE__ */ s("td", {
		class: "number",
		children: Number.isInteger(one) ? count(one) : figure(one)
	}, sideName(n)))] });
}
function Summary$1({ sides }) {
	const rows = [
		["least", (side) => side.summary?.minimum],
		...(sides[0]?.summary?.levels ?? []).map((level, n) => [`${100 * level}% are below`, (side) => side.summary?.quantiles[n]]),
		["greatest", (side) => side.summary?.maximum],
		["mean", (side) => side.summary?.mean],
		["standard deviation", (side) => side.summary?.deviation]
	];
	return /* @__PURE__ */ s(TableBox, {
		label: "Summary",
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
			scope: "col",
			children: "Summary"
		}), sides.map((_, n) => /* @__PURE__ */ s("th", {
			scope: "col",
			class: "number",
			children: sideName(n)
		}, sideName(n)))] }) }), /* @__PURE__ */ s("tbody", { children: rows.map(([name, read]) => /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
			scope: "row",
			children: name
		}), sides.map((side, n) => {
			const value = read(side);
			return /* @__PURE__ */ s("td", {
				class: "number",
				title: value == null ? "" : String(value),
				children: value == null ? "–" : figure(value)
			}, sideName(n));
		})] }, name)) })] })
	});
}
// src/pages/column-labels.tsx
/** When the labels of a target came: the share of each bin's events that has one, and how long it took. */
var MAX_BINS$1 = 200;
function Labels({ name }) {
	const selection = useSelection();
	const title = "Label coverage";
	const found = useLive(`labels ${name} ${selection.key}`, selection.revision, async (signal) => {
		const request = {
			...selection.body,
			target: name,
			max_bins: MAX_BINS$1
		};
		const data = (await body(api.POST("/v3/monitoring/labels", {
			body: request,
			signal
		}))).data;
		const call = {
			path: "/v3/monitoring/labels",
			body: request
		};
		return {
			labels: data,
			coverage: coverageData(data),
			lags: lagData(data),
			call,
			revision: data.data_revision
		};
	});
	return /* @__PURE__ */ s(Panel, {
		title,
		resource: found,
		children: ({ labels, coverage, lags, call, revision }) => /* @__PURE__ */ s(w, { children: [
			/* @__PURE__ */ s(Chart, {
				title,
				unit: "% of the events",
				data: coverage,
				span: [0, 100],
				write: percent,
				call,
				revision
			}),
			/* @__PURE__ */ s("p", {
				class: "quiet",
				children: [
					count(labels.total.labelled),
					" of ",
					count(labels.total.rows),
					" events have a label."
				]
			}),
			labels.total.timed > 0 && /* @__PURE__ */ s(Chart, {
				title: "Time from event to label",
				unit: "quantiles",
				data: lags,
				span: [null, null],
				write: duration,
				call,
				revision
			})
		] })
	});
}
function bins({ edges, complete, bin_size: binSize, rows }) {
	return {
		edges,
		complete,
		binSize,
		rows
	};
}
function coverageData(found) {
	const values = found.coverage.map((share) => share === null ? null : 100 * share);
	return {
		...bins(found),
		series: [{
			name: "with a label",
			values
		}]
	};
}
function lagData(found) {
	const series = found.levels.map((level, n) => ({
		name: `${Math.round(100 * level)}% of the labels`,
		values: found.lags[n] ?? [],
		reasons: found.reasons
	}));
	return {
		...bins(found),
		series
	};
}
// src/pages/column-values.tsx
function ViolatingValues({ model, column, values, edges }) {
	if (values.length === 0) return /* @__PURE__ */ s("p", {
		class: "quiet",
		children: "No event of this range violates the column."
	});
	const time = {
		from: edges[0] ?? null,
		to: edges.at(-1) ?? null
	};
	return /* @__PURE__ */ s(TableBox, {
		label: "Values that violate the column",
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Violation"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Value as JSON"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				class: "number",
				children: "Events"
			})
		] }) }), /* @__PURE__ */ s("tbody", { children: values.map(({ kind, value, count: events }) => /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "row",
				children: kind
			}),
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s("code", { children: value === null ? /* @__PURE__ */ s("span", {
				class: "quiet",
				children: "no value"
			}) : /* @__PURE__ */ s(Text, { value }) }) }),
			/* @__PURE__ */ s("td", {
				class: "number",
				children: /* @__PURE__ */ s(PageLink, {
					modelId: model.id,
					page: "events",
					query: {
						...time,
						f: `any_violation:${encodeURIComponent(column)}:${kind}`
					},
					children: count(events)
				})
			})
		] }, `${kind} ${value}`)) })] })
	});
}
// src/pages/column.tsx
/** One column of a model: its violations, the values behind them, its distribution, and for a target when labels came. */
var MAX_BINS = 200;
function ColumnPage({ model, name }) {
	const column = model.schema.columns.find((one) => one.name === name);
	if (!column) return /* @__PURE__ */ s(Empty, {
		title: `The model has no column “${name}”.`,
		children: /* @__PURE__ */ s("a", {
			href: linkToPage(model.id, "integrity"),
			children: "All columns"
		})
	});
	const isTarget = (model.spec.targets ?? []).includes(name);
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h1", { children: [
					/* @__PURE__ */ s("a", {
						href: linkToPage(model.id, "integrity"),
						children: "Integrity"
					}),
					" / ",
					/* @__PURE__ */ s(Text, { value: name })
				] }),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				/* @__PURE__ */ s(ColumnChoice, {
					label: "Another column",
					columns: model.schema.columns.map((one) => one.name),
					value: null,
					choose: (chosen) => chosen && go(linkToPage(model.id, "integrity", chosen))
				})
			]
		}),
		/* @__PURE__ */ s("p", {
			class: "quiet",
			children: [
				roleOf(model, name),
				", ",
				column.data_type,
				", allowed: ",
				/* @__PURE__ */ s(Text, { value: rule(column) })
			]
		}),
		/* @__PURE__ */ s(Violations$1, {
			model,
			column,
			isTarget
		}),
		isTarget && /* @__PURE__ */ s(Labels, { name }),
		/* @__PURE__ */ s(Distribution, { column })
	] });
}
function Violations$1({ model, column, isTarget }) {
	const selection = useSelection();
	const title = "Violations";
	const found = useLive(`column ${column.name} ${selection.key}`, selection.revision, async (signal) => {
		const request = {
			...selection.body,
			columns: [column.name],
			values_of: column.name,
			max_bins: MAX_BINS
		};
		const { data } = await body(api.POST("/v3/monitoring/violations", {
			body: request,
			signal
		}));
		return drawn(data, {
			path: "/v3/monitoring/violations",
			body: request
		}, isTarget);
	});
	return /* @__PURE__ */ s(Panel, {
		title,
		resource: found,
		children: ({ data, values, call, revision, edges }) => /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s(Chart, {
			title,
			unit: "events with a violation",
			span: [0, null],
			data,
			call,
			revision,
			write: count
		}), /* @__PURE__ */ s(ViolatingValues, {
			model,
			column: column.name,
			values,
			edges
		})] })
	});
}
function drawn(found, call, isTarget) {
	const bins = found.columns[0]?.bins;
	return {
		data: {
			edges: found.edges,
			complete: found.complete,
			binSize: found.bin_size,
			rows: found.rows,
			series: [
				{
					name: isTarget ? "awaiting a label" : "missing",
					values: bins?.missing ?? []
				},
				{
					name: "type",
					values: bins?.type ?? []
				},
				{
					name: "range",
					values: bins?.range ?? []
				}
			]
		},
		values: found.values ?? [],
		call,
		revision: found.data_revision,
		edges: found.edges
	};
}
// src/pages/integrity.tsx
/** Integrity of a model's events: which columns violate the schema, and when. With the name of a column, that column. */
var PAGE = 20;
var FIRST = 40;
var KINDS = [
	"any",
	"missing",
	"type",
	"range"
];
function Integrity({ model, item }) {
	return item === null ? /* @__PURE__ */ s(Violations, { model }) : /* @__PURE__ */ s(ColumnPage, {
		model,
		name: item
	}, item);
}
/** Return the kind of violations that the address names. */
function kindOf(query) {
	return KINDS.find((kind) => kind === query.get("kind")) ?? "any";
}
function Violations({ model }) {
	const selection = useSelection();
	const { query } = place.value;
	const kind = kindOf(query);
	const isShare = query.get("as") === "share";
	const hasTargets = query.get("targets") === "shown";
	const [limit, setLimit] = _(FIRST);
	const key = `violations ${limit} ${selection.key}`;
	const found = useLive(key, selection.revision, (signal) => readViolations(selection, limit, signal));
	const options = {
		kind,
		isShare,
		hasTargets
	};
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("div", {
		class: "page-head",
		children: [
			/* @__PURE__ */ s("h1", { children: "Integrity" }),
			/* @__PURE__ */ s(Tabs, {
				label: "Kind of violation",
				choices: {
					any: "all",
					missing: "missing",
					type: "type",
					range: "range"
				},
				now: kind,
				choose: (one) => change({ kind: one === "any" ? null : one })
			}),
			/* @__PURE__ */ s(Tabs, {
				label: "Written as",
				choices: {
					count: "count",
					share: "share"
				},
				now: isShare ? "share" : "count",
				choose: (one) => change({ as: one === "share" ? one : null })
			}),
			(model.spec.targets ?? []).length > 0 && /* @__PURE__ */ s("label", {
				class: "check",
				children: [/* @__PURE__ */ s("input", {
					type: "checkbox",
					checked: hasTargets,
					onChange: (event) => change({ targets: event.currentTarget.checked ? "shown" : null })
				}), "Events that await a label"]
			})
		]
	}), /* @__PURE__ */ s(Panel, {
		title: "Violations by column",
		resource: found,
		children: (data) => /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s(ViolationMap, {
			model,
			data,
			options
		}), data.violated > limit && /* @__PURE__ */ s("button", {
			type: "button",
			onClick: () => setLimit(limit + FIRST),
			children: [
				"Show ",
				FIRST,
				" more of ",
				count(data.violated),
				" columns"
			]
		})] })
	})] });
}
/** Read the columns with most violations, some at a time, as the operation allows. */
async function readViolations(selection, limit, signal) {
	const read = async (offset) => {
		const request = {
			...selection.body,
			limit: PAGE,
			offset,
			max_bins: 60
		};
		return (await body(api.POST("/v3/monitoring/violations", {
			body: request,
			signal
		}))).data;
	};
	const first = await read(0);
	const columns = [...first.columns];
	for (let offset = PAGE; offset < Math.min(limit, first.violated); offset += PAGE) columns.push(...(await read(offset)).columns);
	return {
		...first,
		columns
	};
}
function ViolationMap({ model, data, options: { kind, isShare, hasTargets } }) {
	const targets = new Set(model.spec.targets ?? []);
	const bins = data.complete.map((_, bin) => binName(data.edges, bin, zone.value));
	const total = sum(data.rows);
	const columns = data.columns.filter((one) => one.totals[kind] > 0 && (hasTargets || !isAwaited(one, kind, targets))).sort((one, other) => other.totals[kind] - one.totals[kind]);
	const write = isShare ? percent : count;
	const rows = columns.map(({ column, totals, bins: counts }) => ({
		name: column,
		href: linkToPage(model.id, "integrity", column, { kind: kind === "any" ? null : kind }),
		values: counts[kind].map((found, bin) => cellOf(found, data.rows[bin] ?? 0, isShare)),
		more: [count(totals[kind]), total ? percent(100 * totals[kind] / total) : "–"]
	}));
	if (rows.length === 0) return /* @__PURE__ */ s(NoViolation, {
		kind,
		events: total
	});
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s(Summary, {
		data,
		shown: rows.length
	}), /* @__PURE__ */ s(HeatMap, {
		label: "Violations by column and time",
		first: "Column",
		bins,
		rows,
		top: Math.max(...rows.flatMap(({ values }) => values.map((value) => value ?? 0))),
		unit: isShare ? "of the events" : "events",
		write,
		heads: ["Events", "Share"],
		href: (row, bin) => cellLink(model, row.name, kind, data.edges, bin)
	})] });
}
/** The events behind a cell, if there is a page of events, else the column in that time. */
function cellLink(model, column, kind, edges, bin) {
	const time = {
		from: edges[bin] ?? null,
		to: edges[bin + 1] ?? null
	};
	if (!hasPage("events")) return linkToPage(model.id, "integrity", column, time);
	const f = `any_violation:${encodeURIComponent(column)}:${kind === "any" ? "" : kind}`;
	return linkToPage(model.id, "events", null, {
		...time,
		f
	});
}
/** A target without a value awaits its label, which is no fault. */
function isAwaited({ column, totals }, kind, targets) {
	return targets.has(column) && (kind === "missing" || kind === "any" && totals.any === totals.missing);
}
function cellOf(found, events, isShare) {
	if (events === 0) return null;
	return isShare ? 100 * found / events : found;
}
function Summary({ data, shown }) {
	const [events, violated] = [sum(data.rows), sum(data.events)];
	return /* @__PURE__ */ s("p", {
		class: "quiet",
		children: [
			count(violated),
			" of ",
			count(events),
			" events (",
			percent(100 * violated / (events || 1)),
			") have a violation;",
			" ",
			count(shown),
			" columns. A cell opens its events."
		]
	});
}
function NoViolation({ kind, events }) {
	if (events === 0) return /* @__PURE__ */ s(Empty, { title: "There are no events in this range." });
	return /* @__PURE__ */ s(Empty, {
		title: kind === "any" ? "No event violates the schema." : `No event has a violation of the kind ${kind}.`,
		children: kind !== "any" && /* @__PURE__ */ s("button", {
			type: "button",
			onClick: () => change({ kind: null }),
			children: "Show all kinds"
		})
	});
}
function sum(values) {
	return values.reduce((total, value) => total + value, 0);
}
export { Integrity };
