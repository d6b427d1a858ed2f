import { A as inZone, Ct as body, D as Text, F as useSelection, O as plain, St as api, U as zone, _ as count, b as percent, ct as useLive, d as highestShare, dt as Empty, et as change, f as Plot, h as Pager, l as Sparkline, m as Search, p as TableBox, pt as Loaded, rt as place, u as SmallBars, ut as useResource, y as figure, z as linkToPage } from "./shared.js";
import { h as w, t as s } from "./vendor.js";
import { r as Chart } from "./charts.js";
// src/pages/drift-parts.ts
/** Where a drift counts as one, unless the page says otherwise: what is usual for each metric. */
var USUAL_LIMIT = {
	jsd: .1,
	psi: .2
};
/** Return the bins of a distribution for the events and the side that they are compared with. */
function partsOf(found, metric) {
	const [now, before] = found.sides ?? [];
	if (!now || !before) return [];
	const all = [
		open("below", before.below, now.below),
		...(found.labels ?? []).map((label, bin) => ({
			label: between(found.edges, bin) ?? label,
			before: before.counts[bin] ?? 0,
			now: now.counts[bin] ?? 0,
			isOpen: false
		})),
		open("above", before.above, now.above),
		open("other", before.other, now.other)
	].filter((one) => !one.isOpen || one.before + one.now > 0);
	const totals = {
		before: sum(all, "before"),
		now: sum(all, "now")
	};
	return all.map(({ label, ...counts }) => {
		const beforeShare = totals.before ? counts.before / totals.before : 0;
		const nowShare = totals.now ? counts.now / totals.now : 0;
		const term = metric === "jsd" ? divergence(beforeShare, nowShare) : stability(raised(counts.before, totals.before, all.length), raised(counts.now, totals.now, all.length));
		return {
			label,
			before: counts.before,
			now: counts.now,
			beforeShare,
			nowShare,
			term
		};
	});
}
/** Return the distance that the parts make together. */
function total(parts, metric) {
	const terms = parts.reduce((all, part) => all + part.term, 0);
	return metric === "jsd" ? Math.sqrt(Math.max(0, terms)) : terms;
}
/** Return the share of the events or items without a value, null without any. */
function missingShare({ size, nulls }) {
	return size + nulls ? nulls / (size + nulls) : null;
}
/** Write a bin between edges as `80 to 570.3`. */
function between(edges, bin) {
	return edges ? `${figure(edges[bin] ?? 0)} to ${figure(edges[bin + 1] ?? 0)}` : null;
}
function open(label, before, now) {
	return {
		label,
		before,
		now,
		isOpen: true
	};
}
function sum(all, side) {
	return all.reduce((total, one) => total + one[side], 0);
}
function divergence(p, q) {
	const middle = (p + q) / 2;
	const of = (share) => share ? share * Math.log2(share / middle) : 0;
	return (of(p) + of(q)) / 2;
}
function raised(count, total, bins) {
	return (count + 1) / (total + bins);
}
function stability(expected, actual) {
	return (actual - expected) * Math.log(actual / expected);
}
// src/pages/drift-choice.tsx
/** Return the choice of the address; without one, the oldest baseline that is a whole dataset, else the oldest one. */
function readChoice(baselines) {
	const { query } = place.value;
	const oldest = [...baselines].sort((a, b) => a.created_at.localeCompare(b.created_at));
	const usual = oldest.find((one) => one.environment.type === "PRE_PRODUCTION") ?? oldest[0];
	const baseline = baselines.find((one) => one.id === query.get("baseline")) ?? usual;
	if (!baseline) return null;
	const metric = query.get("metric") === "psi" ? "psi" : "jsd";
	const typed = Number.parseFloat(query.get("limit") ?? "");
	return {
		baseline,
		metric,
		limit: typed > 0 ? typed : USUAL_LIMIT[metric],
		query: Object.fromEntries([
			"baseline",
			"metric",
			"limit"
		].map((name) => [name, query.get(name)]))
	};
}
/** Say which events a baseline has. */
function describeBaseline(one) {
	if (one.type === "ROLLING") {
		const unit = (one.window_bin_size ?? "").toLowerCase();
		return `moves along, ${count(one.offset_delta ?? 1)} ${unit}${one.offset_delta === 1 ? "" : "s"} back`;
	}
	const events = `${count(one.row_count ?? 0)} events`;
	if (one.environment.type === "PRE_PRODUCTION") return `dataset ${plain(one.environment.name)}, ${events}`;
	const day = (at) => at === null ? "" : inZone(new Date(at).toISOString(), zone.value).slice(0, 10);
	return `production ${day(one.start_time)} to ${day(one.end_time)}, ${events}`;
}
function BaselineChoice({ baselines, choice }) {
	return /* @__PURE__ */ s("label", {
		class: "inline",
		children: ["Baseline", /* @__PURE__ */ s("select", {
			class: "choice",
			value: choice.baseline.id,
			title: describeBaseline(choice.baseline),
			onChange: (event) => change({
				baseline: event.currentTarget.value,
				offset: null
			}),
			children: baselines.map((one) => /* @__PURE__ */ s("option", {
				value: one.id,
				children: plain(one.name)
			}, one.id))
		})]
	});
}
function MetricChoice({ choice }) {
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("label", {
		class: "inline",
		children: ["Metric", /* @__PURE__ */ s("select", {
			value: choice.metric,
			onChange: (event) => change({
				metric: event.currentTarget.value === "psi" ? "psi" : null,
				limit: null
			}),
			children: [/* @__PURE__ */ s("option", {
				value: "jsd",
				children: "JSD"
			}), /* @__PURE__ */ s("option", {
				value: "psi",
				children: "PSI"
			})]
		})]
	}), /* @__PURE__ */ s("label", {
		class: "inline",
		children: ["Drifted from", /* @__PURE__ */ s("input", {
			type: "number",
			class: "short",
			min: "0.01",
			max: "10",
			step: "0.01",
			value: choice.limit,
			onChange: (event) => change({ limit: event.currentTarget.value || null })
		})]
	})] });
}
// src/pages/drift-formula.tsx
/** How a drift is computed: the formula, with the numbers that are in it. */
function DriftFormula({ found, parts, choice }) {
	const { edges } = found;
	const isCut = (found.sides ?? []).some((side) => side.other > 0) && edges === null;
	return /* @__PURE__ */ s("details", { children: [/* @__PURE__ */ s("summary", { children: "How is this computed?" }), /* @__PURE__ */ s("div", {
		class: "prose",
		children: [
			choice.metric === "jsd" ? /* @__PURE__ */ s(Distance, { parts }) : /* @__PURE__ */ s(Index, { parts }),
			/* @__PURE__ */ s("p", { children: [
				edges ? /* @__PURE__ */ s(w, { children: [
					"The ",
					count(edges.length - 1),
					" bins lie between these edges, each from its edge up to, but without, the next one; the last one includes its end: ",
					/* @__PURE__ */ s("code", { children: edges.map(String).join(", ") }),
					". Values below and above have a bin each if there are any."
				] }) : "Each value has a bin, and all values that the baseline lacks share one more, other.",
				" ",
				"The bins come from the schema, else from the baseline. Events without a value are left out; their share is drawn beside the bins as ",
				/* @__PURE__ */ s("em", { children: "null" }),
				"."
			] }),
			isCut && /* @__PURE__ */ s("p", { children: "Other also has the values that are not among those shown one by one here." }),
			/* @__PURE__ */ s("p", { children: [
				"Below ",
				100,
				" values on a side, the result is mostly chance: points are hollow, and there is no verdict. The limit of ",
				choice.limit,
				" is this page's; alert rules have their own."
			] })
		]
	})] });
}
function Distance({ parts }) {
	return /* @__PURE__ */ s("p", { children: [
		"The Jensen-Shannon distance of the shares p (baseline) and q (now) of ",
		count(parts.length),
		" bins, to base 2:",
		" ",
		/* @__PURE__ */ s("code", { children: "JSD = √( ½ Σ p·log₂(p/m) + ½ Σ q·log₂(q/m) )" }),
		" with ",
		/* @__PURE__ */ s("code", { children: "m = (p + q)/2" }),
		". It is 0 if both are equal, 1 if they have nothing in common, and here",
		" ",
		/* @__PURE__ */ s("code", {
			title: String(total(parts, "jsd")),
			children: figure(total(parts, "jsd"))
		}),
		"."
	] });
}
function Index({ parts }) {
	return /* @__PURE__ */ s("p", { children: [
		"The population stability index of ",
		count(parts.length),
		" bins: ",
		/* @__PURE__ */ s("code", { children: "PSI = Σ (a − e)·ln(a/e)" }),
		" with",
		" ",
		/* @__PURE__ */ s("code", { children: [
			"e = (n + 1)/(N + ",
			count(parts.length),
			")"
		] }),
		" for the n of N values that the baseline has in a bin, and the same for ",
		/* @__PURE__ */ s("code", { children: "a" }),
		" (now). The 1 keeps empty bins finite. It is 0 if both are equal, has no upper end, and is here ",
		/* @__PURE__ */ s("code", {
			title: String(total(parts, "psi")),
			children: figure(total(parts, "psi"))
		}),
		"."
	] });
}
// src/pages/drift-overlay.tsx
/** Two distributions over the same bins, one over the other, and what each bin adds to the drift. */
var WIDTH = 960;
var HEIGHT = 280;
var BOX = {
	left: 44,
	right: 8,
	top: 8,
	bottom: 50
};
var INNER = {
	width: WIDTH - BOX.left - BOX.right,
	height: HEIGHT - BOX.top - BOX.bottom
};
/** The least place for a name and for an edge. */
var NAME_WIDTH = 26;
var EDGE_WIDTH = 46;
/** The height of the longest bar for what a bin adds to the drift. */
var ADDS = 24;
function Overlay({ parts, missing, metric, names, edges }) {
	const bars = barsOf(parts, missing);
	const sum = parts.reduce((all, part) => all + part.term, 0);
	const most = parts.reduce((best, part) => best && best.term >= part.term ? best : part, null);
	const say = (bar) => describe(bars[bar], parts[bar], sum, names);
	const finding = most && sum > 0 ? /* @__PURE__ */ s(w, { children: [
		"“",
		/* @__PURE__ */ s("bdi", { children: plain(most.label) }),
		"” makes ",
		percent(100 * most.term / sum),
		" of the drift:",
		" ",
		percent(100 * most.beforeShare),
		" of the baseline, ",
		percent(100 * most.nowShare),
		" now."
	] }) : "Both are the same.";
	return /* @__PURE__ */ s(Plot, {
		title: "Both distributions",
		finding,
		points: bars.length,
		say,
		head: [
			"Bin",
			names.before,
			"Share",
			names.now,
			"Share",
			metric === "jsd" ? "Adds to JSD²" : "Adds to PSI"
		],
		rows: () => [...parts.map((part) => row(part)), missingRow(missing)],
		children: (cursor, point) => /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("p", {
			class: "bins-legend",
			children: [
				/* @__PURE__ */ s("span", { class: "key key-before" }),
				" ",
				names.before,
				" ",
				/* @__PURE__ */ s("span", { class: "key key-now" }),
				" ",
				names.now,
				" ",
				/* @__PURE__ */ s("span", {
					class: "quiet",
					children: "Below each bin: what it adds to the drift."
				})
			]
		}), /* @__PURE__ */ s(Picture, {
			bars,
			parts,
			edges,
			cursor,
			point
		})] })
	});
}
function barsOf(parts, missing) {
	return [...parts.map((part) => ({
		label: part.label,
		before: part.beforeShare,
		now: part.nowShare,
		isMissing: false
	})), {
		label: "null",
		before: missing.before ?? 0,
		now: missing.now ?? 0,
		isMissing: true
	}];
}
function describe(bar, part, sum, names) {
	if (!bar) return "";
	const shares = `${names.before} ${percent(100 * bar.before)}, ${names.now} ${percent(100 * bar.now)}`;
	if (bar.isMissing || !part) return `null: ${shares} of all events, which is not part of the drift`;
	const added = sum > 0 ? `, ${percent(100 * part.term / sum)} of the drift` : "";
	return `${plain(bar.label)}: ${shares}${added}`;
}
function row(part) {
	return [
		part.label,
		count(part.before),
		percent(100 * part.beforeShare),
		count(part.now),
		percent(100 * part.nowShare),
		figure(part.term)
	];
}
function missingRow({ before, now }) {
	const share = (value) => value === null ? "–" : percent(100 * value);
	return [
		"null",
		"",
		share(before),
		"",
		share(now),
		"not part of it"
	];
}
function Picture({ bars, parts, edges, cursor, point }) {
	const scale = scaleOf(bars);
	const most = Math.max(...parts.map((part) => part.term));
	return /* @__PURE__ */ s("svg", {
		class: "wide-plot",
		viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
		"aria-hidden": "true",
		children: [
			/* @__PURE__ */ s(Shares, { scale }),
			bars.map((bar, place) => /* @__PURE__ */ s("g", {
				onPointerEnter: () => point(place),
				children: [/* @__PURE__ */ s("rect", {
					class: cursor === place ? "here" : "ground",
					x: scale.left(place),
					y: BOX.top,
					width: scale.step,
					height: INNER.height
				}), /* @__PURE__ */ s(Pair, {
					bar,
					place,
					scale,
					gap: gapOf(bar, edges),
					added: most > 0 ? (parts[place]?.term ?? 0) / most : 0
				})]
			}, bar.isMissing ? "null" : `=${bar.label}`)),
			/* @__PURE__ */ s(Names, {
				bars,
				edges,
				scale
			})
		]
	});
}
function scaleOf(bars) {
	const top = niceTop(Math.max(...bars.map((bar) => Math.max(bar.before, bar.now))));
	const step = INNER.width / (bars.length + .5);
	return {
		step,
		top,
		left: (bar) => BOX.left + step * (bar + (bars[bar]?.isMissing ? .5 : 0)),
		y: (share) => BOX.top + INNER.height * (1 - share / top)
	};
}
function Shares({ scale: { y, top } }) {
	return /* @__PURE__ */ s(w, { children: [[
		0,
		.25,
		.5,
		.75,
		1
	].map((part) => /* @__PURE__ */ s("g", { children: [/* @__PURE__ */ s("path", {
		class: "grid",
		d: `M${BOX.left} ${y(part * top)}H${WIDTH - BOX.right}`
	}), /* @__PURE__ */ s("text", {
		class: "tick",
		x: BOX.left - 6,
		y: y(part * top) + 3.5,
		"text-anchor": "end",
		children: percent(100 * part * top)
	})] }, part)), /* @__PURE__ */ s("text", {
		class: "tick",
		x: BOX.left - 6,
		y: 262,
		"text-anchor": "end",
		children: "adds"
	})] });
}
/** Return the free part beside a bar: bins between edges touch, as their values do. */
function gapOf(bar, edges) {
	if (bar.isMissing) return .2;
	return edges ? .01 : .1;
}
/** Both shares of a bin, and under them what it adds: 1 for the bin that adds most. */
function Pair({ bar, place, scale, gap, added }) {
	const { step, y } = scale;
	const left = scale.left(place) + step * gap;
	const width = step * (1 - 2 * gap);
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("rect", {
			class: "bar-now",
			x: left,
			y: y(bar.now),
			width,
			height: Math.max(0, y(0) - y(bar.now))
		}),
		/* @__PURE__ */ s("path", {
			class: "line-before",
			d: `M${left} ${y(0)}V${y(bar.before)}H${left + width}V${y(0)}`
		}),
		!bar.isMissing && /* @__PURE__ */ s("rect", {
			class: "adds",
			x: left,
			y: 252,
			width,
			height: Math.max(0, ADDS * added)
		})
	] });
}
/** The names of bins, or the edges between them, as many as there is place for. */
function Names({ bars, edges, scale }) {
	const { step, left, y } = scale;
	const first = bars[0]?.label === "below" ? 1 : 0;
	const every = Math.ceil((edges ? EDGE_WIDTH : NAME_WIDTH) / step);
	const text = (key, x, words) => /* @__PURE__ */ s("text", {
		class: "tick",
		x,
		y: y(0) + 14,
		"text-anchor": "middle",
		children: words
	}, key);
	return /* @__PURE__ */ s(w, { children: [edges?.map((edge, n) => n % every === 0 && text(String(edge), left(first + n), figure(edge))), bars.map((bar, place) => {
		return (edges ? bar.isMissing : place % every === 0 || bar.isMissing) && text(bar.label, left(place) + step / 2, short(bar.label, step * every / 6.5));
	})] });
}
/** Return the end of an axis of shares that is at least this high. */
function niceTop(share) {
	return [
		.04,
		.1,
		.2,
		.4,
		.6,
		.8
	].find((one) => one >= share) ?? 1;
}
function short(label, length) {
	const text = plain(label);
	const most = Math.max(3, Math.floor(length));
	return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
// src/pages/drift-series.tsx
/** The drift of a column over time. Bins with few events have hollow points. */
var PATH = "/v3/monitoring/series";
var MAX_BINS = 120;
function DriftOverTime({ choice, column }) {
	const selection = useSelection();
	const drift = {
		measure: "drift",
		column,
		metric: choice.metric,
		baseline_id: choice.baseline.id
	};
	const request = {
		...selection.body,
		max_bins: MAX_BINS,
		measures: [drift]
	};
	const series = useLive(JSON.stringify([
		selection.key,
		choice.baseline.id,
		choice.metric
	]), selection.revision, async (signal) => (await body(api.POST(PATH, {
		body: request,
		signal
	}))).data);
	return /* @__PURE__ */ s(Loaded, {
		resource: series,
		children: (found) => /* @__PURE__ */ s(Chart, {
			title: `${choice.metric.toUpperCase()} over time`,
			unit: `distance to ${choice.baseline.name}`,
			data: driftData(found, choice),
			span: [0, null],
			write: figure,
			call: {
				path: PATH,
				body: request
			},
			revision: found.data_revision
		})
	});
}
function driftData(found, choice) {
	const [group] = found.groups ?? [];
	const [measure] = group?.measures ?? [];
	const isFew = (bin) => Math.min(measure?.sample_sizes[bin] ?? 0, measure?.baseline_sizes[bin] ?? 0) < 100;
	return {
		edges: found.edges ?? [],
		complete: found.complete ?? [],
		binSize: found.bin_size ?? "Day",
		rows: group?.rows ?? [],
		series: [{
			name: choice.metric.toUpperCase(),
			values: measure?.values ?? [],
			reasons: measure?.reasons ?? [],
			hollow: (measure?.values ?? []).map((_, bin) => isFew(bin))
		}],
		thresholds: [{
			name: "drifted",
			value: choice.limit
		}]
	};
}
// src/pages/drift-table.tsx
var ORDERS = [
	"drift",
	"missing",
	"name"
];
/** Return the order of the page: that of its address, else by drift. */
function columnOrder() {
	const asked = place.value.query.get("sort");
	return ORDERS.find((one) => one === asked) ?? "drift";
}
function DriftTable({ modelId, found, metric, limit, query }) {
	return /* @__PURE__ */ s(TableBox, {
		label: "Drift of columns",
		children: /* @__PURE__ */ s("table", {
			class: "drift",
			children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
				/* @__PURE__ */ s(OrderHead, {
					order: "name",
					label: "Column",
					direction: "ascending"
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: "Role"
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: "Type"
				}),
				/* @__PURE__ */ s(OrderHead, {
					order: "drift",
					label: metric.toUpperCase(),
					direction: "descending"
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: "Verdict"
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: "Trend"
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: [/* @__PURE__ */ s("span", { class: "key key-before" }), " Baseline"]
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: [/* @__PURE__ */ s("span", { class: "key key-now" }), " Now"]
				}),
				/* @__PURE__ */ s(OrderHead, {
					order: "missing",
					label: "Missing",
					direction: "descending"
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					class: "number",
					children: "In baseline"
				})
			] }) }), /* @__PURE__ */ s("tbody", { children: (found.columns ?? []).map((column) => /* @__PURE__ */ s(Row, {
				column,
				limit,
				link: linkToPage(modelId, "drift", column.column, query)
			}, column.column)) })]
		})
	});
}
/** The head of a column by which the server sorts, each in one direction. */
function OrderHead({ order, label, direction }) {
	const isNow = columnOrder() === order;
	const sort = () => change({
		sort: order === "drift" ? null : order,
		offset: null
	});
	return /* @__PURE__ */ s("th", {
		scope: "col",
		class: order === "name" ? "" : "number",
		"aria-sort": isNow ? direction : "none",
		children: /* @__PURE__ */ s("button", {
			type: "button",
			class: "sort",
			onClick: sort,
			children: [label, /* @__PURE__ */ s("span", {
				"aria-hidden": "true",
				class: "arrow",
				children: isNow ? direction === "ascending" ? "↑" : "↓" : ""
			})]
		})
	});
}
function Row({ column, limit, link }) {
	const { drift, histograms, trend } = column;
	const highest = histograms ? highestShare(histograms.counts, histograms.baseline_counts) : 0;
	return /* @__PURE__ */ s("tr", { children: [
		/* @__PURE__ */ s("th", {
			scope: "row",
			children: drift ? /* @__PURE__ */ s("a", {
				href: link,
				children: /* @__PURE__ */ s(Text, { value: column.column })
			}) : /* @__PURE__ */ s(Text, { value: column.column })
		}),
		/* @__PURE__ */ s("td", {
			class: "quiet",
			children: (column.role ?? "none").replace(/s$/, "")
		}),
		/* @__PURE__ */ s("td", {
			class: "quiet",
			children: column.data_type
		}),
		/* @__PURE__ */ s("td", {
			class: "number",
			children: drift?.value == null ? /* @__PURE__ */ s("span", {
				class: "quiet",
				children: "–"
			}) : figure(drift.value)
		}),
		/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Verdict, {
			drift,
			limit
		}) }),
		/* @__PURE__ */ s("td", { children: trend && /* @__PURE__ */ s(Sparkline, {
			values: trend,
			label: `${column.column}: drift over time`,
			isFromZero: true
		}) }),
		/* @__PURE__ */ s("td", { children: histograms && /* @__PURE__ */ s(SmallBars, {
			counts: histograms.baseline_counts,
			highest,
			isBaseline: true
		}) }),
		/* @__PURE__ */ s("td", { children: histograms && /* @__PURE__ */ s(SmallBars, {
			counts: histograms.counts,
			highest
		}) }),
		/* @__PURE__ */ s("td", {
			class: "number",
			children: share$1(histograms ? nulls(histograms.counts, histograms.nulls, drift?.sample_size) : null)
		}),
		/* @__PURE__ */ s("td", {
			class: "number quiet",
			children: share$1(histograms ? nulls(histograms.baseline_counts, histograms.baseline_nulls, drift?.baseline_size) : null)
		})
	] });
}
/** Weighted counts say nothing about the number of values, so that comes from the drift. */
function nulls(counts, without, size) {
	return missingShare({
		size: size ?? counts.reduce((sum, one) => sum + one, 0),
		nulls: without
	});
}
function share$1(value) {
	return value === null ? "–" : percent(100 * value);
}
/** Say whether a drift is one: in a word, never by colour alone. */
function Verdict({ drift, limit }) {
	if (!drift) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "has none"
	});
	if (drift.value === null) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: (drift.reason ?? "undefined").replaceAll("_", " ")
	});
	if (Math.min(drift.sample_size, drift.baseline_size ?? drift.sample_size) < 100) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "too few events"
	});
	return drift.value >= limit ? /* @__PURE__ */ s("strong", {
		class: "drifted",
		children: "drifted"
	}) : /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "ok"
	});
}
// src/pages/drift-column.tsx
function DriftColumn({ model, baselines, choice, column }) {
	const selection = useSelection();
	const request = {
		...selection.body,
		column,
		compare: [{ baseline_id: choice.baseline.id }],
		top: 100
	};
	const distribution = useLive(JSON.stringify([selection.key, choice.baseline.id]), selection.revision, async (signal) => (await body(api.POST("/v3/monitoring/distribution", {
		body: request,
		signal
	}))).data);
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("a", {
					href: linkToPage(model.id, "drift", null, choice.query),
					children: "All columns"
				}),
				/* @__PURE__ */ s("h1", { children: ["Drift of ", /* @__PURE__ */ s(Text, { value: column })] }),
				/* @__PURE__ */ s(BaselineChoice, {
					baselines,
					choice
				}),
				/* @__PURE__ */ s(MetricChoice, { choice })
			]
		}),
		/* @__PURE__ */ s(Loaded, {
			resource: distribution,
			children: (found) => /* @__PURE__ */ s(Found$1, {
				found,
				choice
			})
		}),
		/* @__PURE__ */ s(DriftOverTime, {
			choice,
			column
		})
	] });
}
function Found$1({ found, choice }) {
	const [now, before] = found.sides ?? [];
	if (!now || !before) return /* @__PURE__ */ s(Empty, {
		title: "Neither side has a value of this column.",
		children: /* @__PURE__ */ s("p", { children: "Choose another range at the top, or another baseline." })
	});
	if (now.size + now.nulls === 0) return /* @__PURE__ */ s(NoEvents, { baseline: choice.baseline });
	const parts = partsOf(found, choice.metric);
	const names = {
		before: plain(choice.baseline.name),
		now: "Now"
	};
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s(Facts, {
			now,
			before,
			choice
		}),
		/* @__PURE__ */ s(Overlay, {
			parts,
			missing: {
				before: missingShare(before),
				now: missingShare(now)
			},
			metric: choice.metric,
			names,
			edges: found.edges ?? null
		}),
		/* @__PURE__ */ s(DriftFormula, {
			found,
			parts,
			choice
		}),
		/* @__PURE__ */ s(Summaries, {
			now,
			before,
			names
		})
	] });
}
function Facts({ now, before, choice }) {
	const drifts = before.drifts;
	const drift = drifts?.[choice.metric];
	const value = (one) => one?.value == null ? "–" : figure(one.value);
	return /* @__PURE__ */ s("dl", {
		class: "facts",
		children: [
			/* @__PURE__ */ s(Fact, {
				name: "JSD",
				children: /* @__PURE__ */ s("span", {
					class: choice.metric === "jsd" ? "strong" : "",
					title: String(drifts?.jsd.value ?? ""),
					children: value(drifts?.jsd)
				})
			}),
			/* @__PURE__ */ s(Fact, {
				name: "PSI",
				children: /* @__PURE__ */ s("span", {
					class: choice.metric === "psi" ? "strong" : "",
					title: String(drifts?.psi.value ?? ""),
					children: value(drifts?.psi)
				})
			}),
			/* @__PURE__ */ s(Fact, {
				name: "Verdict",
				children: /* @__PURE__ */ s(Verdict, {
					drift,
					limit: choice.limit
				})
			}),
			/* @__PURE__ */ s(Fact, {
				name: "Values now",
				children: count(now.size)
			}),
			/* @__PURE__ */ s(Fact, {
				name: "Values of the baseline",
				children: count(before.size)
			}),
			/* @__PURE__ */ s(Fact, {
				name: "Missing now",
				children: share(now)
			}),
			/* @__PURE__ */ s(Fact, {
				name: "Missing in the baseline",
				children: share(before)
			}),
			/* @__PURE__ */ s(Fact, {
				name: "Baseline",
				children: describeBaseline(choice.baseline)
			})
		]
	});
}
function share(side) {
	const missing = missingShare(side);
	return missing === null ? "–" : percent(100 * missing);
}
function Fact({ name, children }) {
	return /* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: name }), /* @__PURE__ */ s("dd", { children })] });
}
function Summaries({ now, before, names }) {
	if (!now.summary && !before.summary) return null;
	const levels = (now.summary ?? before.summary)?.levels ?? [];
	return /* @__PURE__ */ s(TableBox, {
		label: "Summaries of both",
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
			scope: "col",
			children: "Events"
		}), [
			"Least",
			...levels.map(levelName),
			"Greatest",
			"Mean",
			"Deviation"
		].map((name) => /* @__PURE__ */ s("th", {
			scope: "col",
			class: "number",
			children: name
		}, name))] }) }), /* @__PURE__ */ s("tbody", { children: [/* @__PURE__ */ s(Summary, {
			name: names.before,
			of: before.summary,
			levels: levels.length
		}), /* @__PURE__ */ s(Summary, {
			name: names.now,
			of: now.summary,
			levels: levels.length
		})] })] })
	});
}
function levelName(level) {
	return level === .5 ? "Median" : `${Math.round(100 * level)} %`;
}
function Summary({ name, of, levels }) {
	const values = of ? [
		of.minimum,
		...of.quantiles,
		of.maximum,
		of.mean,
		of.deviation
	] : Array(levels + 4).fill(null);
	return /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
		scope: "row",
		children: name
	}), values.map((value, place) => /* @__PURE__ */ s("td", {
		class: "number",
		title: value === null ? "" : String(value),
		children: value === null ? "–" : figure(value)
	}, place))] });
}
// src/pages/drift.tsx
/** How far the events of a range are from a baseline: all columns of a model, or one of them in large. */
var LIMIT = 50;
var MAX_BASELINES = 1e3;
/** The server sorts this many columns by drift at most. */
var MAX_SORTED = 100;
function DriftPage({ model, item }) {
	const path = { model_id: model.id };
	const baselines = useResource(model.id, async (signal) => {
		const params = {
			path,
			query: { limit: MAX_BASELINES }
		};
		return (await body(api.GET("/v3/models/{model_id}/baselines", {
			params,
			signal
		}))).data.items;
	});
	return /* @__PURE__ */ s(Loaded, {
		resource: baselines,
		children: (found) => {
			const choice = readChoice(found);
			if (!choice) return /* @__PURE__ */ s(NoBaseline, { model });
			return item === null ? /* @__PURE__ */ s(Columns, {
				model,
				baselines: found,
				choice
			}) : /* @__PURE__ */ s(DriftColumn, {
				model,
				baselines: found,
				choice,
				column: item
			}, item);
		}
	});
}
function NoBaseline({ model }) {
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("h1", { children: "Drift" }), /* @__PURE__ */ s(Empty, {
		title: "The model has no baseline to compare with.",
		children: [/* @__PURE__ */ s("p", { children: [
			"Publish a dataset, such as the training data, with ",
			/* @__PURE__ */ s("code", { children: "env_type" }),
			" ",
			/* @__PURE__ */ s("code", { children: "PRE_PRODUCTION" }),
			": it makes a baseline of its name. Or create a baseline of a range of production, or one that moves along."
		] }), /* @__PURE__ */ s("a", {
			href: linkToPage(model.id, "baselines"),
			children: "Baselines"
		})]
	})] });
}
function Columns({ model, baselines, choice }) {
	const selection = useSelection();
	const { query } = place.value;
	const search = query.get("search") ?? "";
	const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
	const matching = model.schema.columns.filter((one) => one.name.toLowerCase().includes(search.toLowerCase())).length;
	const asked = columnOrder();
	const isTooMany = asked === "drift" && matching > MAX_SORTED;
	const request = {
		...selection.body,
		baseline_id: choice.baseline.id,
		drift_metric: choice.metric,
		histograms: true,
		search: search || null,
		sort: isTooMany ? "schema" : asked,
		limit: LIMIT,
		offset
	};
	const key = JSON.stringify([
		selection.key,
		choice.baseline.id,
		choice.metric,
		search,
		request.sort,
		offset
	]);
	const columns = useLive(key, selection.revision, async (signal) => (await body(api.POST("/v3/monitoring/columns", {
		body: request,
		signal
	}))).data);
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h1", { children: "Drift" }),
				/* @__PURE__ */ s(BaselineChoice, {
					baselines,
					choice
				}),
				/* @__PURE__ */ s(MetricChoice, { choice }),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				/* @__PURE__ */ s(Search, { label: "Search columns" })
			]
		}),
		isTooMany && /* @__PURE__ */ s("p", {
			class: "notice",
			role: "status",
			children: [
				count(matching),
				" columns are too many to sort by drift, so they are in the order of the schema. Search for at most ",
				MAX_SORTED,
				" of them."
			]
		}),
		/* @__PURE__ */ s(Loaded, {
			resource: columns,
			children: (found) => /* @__PURE__ */ s(Found, {
				model,
				found,
				choice,
				offset
			})
		}),
		/* @__PURE__ */ s(CustomFeatures, {
			model,
			choice
		})
	] });
}
function Found({ model, found, choice, offset }) {
	const search = place.value.query.get("search");
	const { metric, limit, query } = choice;
	const shown = found.columns?.length ?? 0;
	if (shown === 0) return /* @__PURE__ */ s(Empty, {
		title: search ? `No column has “${search}” in its name.` : "There is no column on this page.",
		children: /* @__PURE__ */ s("button", {
			type: "button",
			onClick: () => change({
				search: null,
				offset: null
			}),
			children: "Show all columns"
		})
	});
	if (found.rows === 0) return /* @__PURE__ */ s(NoEvents, { baseline: choice.baseline });
	const drifted = (found.columns ?? []).filter((one) => (one.drift?.value ?? 0) >= limit).length;
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("p", { children: [
			/* @__PURE__ */ s("strong", { children: [
				count(drifted),
				" of ",
				count(shown),
				" columns"
			] }),
			" ",
			"here are at ",
			limit,
			" or above.",
			" ",
			/* @__PURE__ */ s("span", {
				class: "quiet",
				children: [
					count(found.rows ?? 0),
					" events in the range; the baseline is ",
					describeBaseline(choice.baseline),
					"."
				]
			})
		] }),
		/* @__PURE__ */ s(DriftTable, {
			modelId: model.id,
			found,
			metric,
			limit,
			query
		}),
		/* @__PURE__ */ s(Pager, {
			offset,
			shown,
			total: found.total ?? 0,
			limit: LIMIT,
			what: "columns"
		})
	] });
}
function NoEvents({ baseline }) {
	return /* @__PURE__ */ s(Empty, {
		title: "There is no event in this range.",
		children: /* @__PURE__ */ s("p", { children: [
			"Choose another range at the top. ",
			/* @__PURE__ */ s(Text, { value: baseline.name }),
			" stays the baseline."
		] })
	});
}
function CustomFeatures({ model, choice }) {
	const names = (model.spec.custom_features ?? []).map((one) => String(one.name));
	if (names.length === 0) return null;
	return /* @__PURE__ */ s("p", { children: [
		"Custom features:",
		" ",
		names.map((name, place) => /* @__PURE__ */ s("span", { children: [place > 0 && ", ", /* @__PURE__ */ s("a", {
			href: linkToPage(model.id, "drift", name, choice.query),
			children: /* @__PURE__ */ s(Text, { value: name })
		})] }, name))
	] });
}
export { DriftPage };
