import { Ct as body, D as Text, F as useSelection, O as plain, St as api, Y as iso, _ as count, at as now, b as percent, ct as useLive, dt as Empty, et as change, f as Plot, p as TableBox, pt as Loaded, rt as place, t as SquarePlot, v as duration, y as figure, z as linkToPage } from "./shared.js";
import { c as O, h as w, l as _, t as s } from "./vendor.js";
import { r as Chart } from "./charts.js";
// src/pages/confusion.tsx
/** A confusion matrix: actual classes by row, predicted ones by column, shaded by the share of the row. */
function Confusion({ classes, counts }) {
	return /* @__PURE__ */ s(TableBox, {
		label: "Confusion matrix",
		children: /* @__PURE__ */ s("table", {
			class: "confusion",
			children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("td", {
				class: "quiet",
				children: "actual ↓ predicted →"
			}), classes.map((name) => /* @__PURE__ */ s("th", {
				scope: "col",
				class: "number",
				children: /* @__PURE__ */ s(Text, { value: name })
			}, name))] }) }), /* @__PURE__ */ s("tbody", { children: classes.map((name, actual) => /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
				scope: "row",
				children: /* @__PURE__ */ s(Text, { value: name })
			}), (counts[actual] ?? []).map((value, predicted) => /* @__PURE__ */ s(Cell, {
				value,
				all: (counts[actual] ?? []).reduce((sum, one) => sum + one, 0),
				isRight: actual === predicted
			}, classes[predicted]))] }, name)) })]
		})
	});
}
function Cell({ value, all, isRight }) {
	const share = all ? value / all : 0;
	return /* @__PURE__ */ s("td", {
		class: `number ${isRight ? "right" : "wrong"}`,
		style: { "--share": share.toFixed(3) },
		children: [
			count(value),
			" ",
			/* @__PURE__ */ s("span", {
				class: "quiet",
				children: all ? percent(100 * share) : ""
			})
		]
	});
}
var TENTHS = 10;
/** Return the numbers of events if scores from a threshold on predict the positive class. It must be an edge. */
function cellsAt(scores, threshold) {
	const from = scores.edges.findIndex((edge) => edge >= threshold - 1e-9) + 1;
	const [fn, tp] = split(scores.positives, from);
	const [tn, fp] = split(scores.negatives, from);
	return {
		tp,
		fp,
		fn,
		tn
	};
}
/** Return the numbers of events at each threshold of a curve, from the least to the greatest. */
function curve(scores) {
	return Array.from({ length: 101 }, (_, step) => {
		const threshold = step / 100;
		return {
			threshold,
			...cellsAt(scores, threshold)
		};
	});
}
/** Return the calibration of ten bins of the score, of those that have events. */
function calibration(scores) {
	const width = (scores.edges.length - 1) / TENTHS;
	return Array.from({ length: TENTHS }, (_, tenth) => {
		let events = 0;
		let positives = 0;
		let sum = 0;
		for (let bin = tenth * width; bin < (tenth + 1) * width; bin++) {
			const found = (scores.positives[bin + 1] ?? 0) + (scores.negatives[bin + 1] ?? 0);
			events += found;
			positives += scores.positives[bin + 1] ?? 0;
			sum += found * (((scores.edges[bin] ?? 0) + (scores.edges[bin + 1] ?? 0)) / 2);
		}
		const [from, to] = [tenth / TENTHS, (tenth + 1) / TENTHS];
		return {
			from,
			to,
			events,
			score: events ? sum / events : 0,
			rate: events ? positives / events : 0
		};
	}).filter((one) => one.events > 0);
}
/** Return a share of a number, null of nothing. */
function rate(part, all) {
	return all ? part / all : null;
}
function split(counts, from) {
	let below = 0;
	let above = 0;
	for (const [bin, count] of counts.entries()) if (bin < from) below += count;
	else above += count;
	return [below, above];
}
// src/pages/performance-binary.tsx
/** The scores of a binary model: confusion at any threshold, ROC, precision and recall, calibration. All from one answer. */
var MAX_THRESHOLD = .999;
var STEP = .001;
var FEW_LABELS$1 = 30;
function BinaryDetails({ model, found, scores, threshold }) {
	const own = model.task_params.binary_classification_threshold ?? .5;
	const asked = threshold ?? own;
	const [cut, setCut] = _(null);
	const cells = cut === null && found.confusion ? cellsOf(found.confusion) : cellsAt(scores, cut ?? asked);
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("h2", { children: "At a threshold" }), /* @__PURE__ */ s("div", {
		class: "beside even",
		children: [
			/* @__PURE__ */ s("section", { children: [
				/* @__PURE__ */ s(Threshold, {
					cut: cut ?? asked,
					asked,
					own,
					set: setCut
				}),
				/* @__PURE__ */ s(Confusion, {
					classes: found.confusion?.classes ?? ["negative", "positive"],
					counts: countsOf(cells)
				}),
				/* @__PURE__ */ s(Rates, { cells })
			] }),
			/* @__PURE__ */ s(Roc, {
				scores,
				cells,
				found
			}),
			/* @__PURE__ */ s(PrecisionRecall, {
				scores,
				cells
			}),
			/* @__PURE__ */ s(Calibration, {
				scores,
				found
			})
		]
	})] });
}
function cellsOf({ counts }) {
	const at = (actual, predicted) => counts[actual]?.[predicted] ?? 0;
	return {
		tn: at(0, 0),
		fp: at(0, 1),
		fn: at(1, 0),
		tp: at(1, 1)
	};
}
function countsOf({ tn, fp, fn, tp }) {
	return [[tn, fp], [fn, tp]];
}
function Threshold({ cut, asked, own, set }) {
	const id = O();
	const use = (value) => {
		set(null);
		change({ threshold: value === null || value === own ? null : String(value) });
	};
	return /* @__PURE__ */ s("div", {
		class: "threshold",
		children: [
			/* @__PURE__ */ s("div", {
				class: "threshold-line",
				children: [
					/* @__PURE__ */ s("label", {
						for: id,
						children: "Positive from a score of"
					}),
					" ",
					/* @__PURE__ */ s("output", {
						for: id,
						children: cut
					}),
					/* @__PURE__ */ s("input", {
						id,
						type: "range",
						min: "0",
						max: MAX_THRESHOLD,
						step: STEP,
						value: cut,
						onInput: (event) => set(Number(event.currentTarget.value))
					})
				]
			}),
			/* @__PURE__ */ s("button", {
				type: "button",
				class: "small",
				disabled: cut === asked,
				onClick: () => use(cut),
				children: "Use it for all figures"
			}),
			/* @__PURE__ */ s("button", {
				type: "button",
				class: "small",
				disabled: cut === own && asked === own,
				onClick: () => use(null),
				children: ["The model's own, ", own]
			})
		]
	});
}
function Rates({ cells: { tp, fp, fn, tn } }) {
	const rates = [
		["Accuracy", rate(tp + tn, tp + tn + fp + fn)],
		["Precision", rate(tp, tp + fp)],
		["Recall", rate(tp, tp + fn)],
		["False positive rate", rate(fp, fp + tn)],
		["F1 score", rate(2 * tp, 2 * tp + fp + fn)]
	];
	return /* @__PURE__ */ s("dl", {
		class: "facts",
		children: rates.map(([name, value]) => /* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: name }), /* @__PURE__ */ s("dd", {
			title: value === null ? "" : String(value),
			children: value === null ? "–" : figure(value)
		})] }, name))
	});
}
function thresholdWords({ threshold }) {
	return threshold === 1 ? "above 1" : threshold.toFixed(2);
}
function metricOf(found, id) {
	return found.metrics?.find((one) => one.metric === id)?.figure.value ?? null;
}
function Roc({ scores, cells, found }) {
	const points = curve(scores).flatMap((at) => {
		const [x, y] = [rate(at.fp, at.fp + at.tn), rate(at.tp, at.tp + at.fn)];
		if (x === null || y === null) return [];
		const shown = thresholdWords(at);
		return [{
			x,
			y,
			words: `Threshold ${shown}: ${figure(y)} of the positive found, ${figure(x)} of the negative taken for positive`,
			cells: [
				shown,
				figure(x),
				figure(y)
			]
		}];
	});
	const area = metricOf(found, "auroc");
	const [x, y] = [rate(cells.fp, cells.fp + cells.tn), rate(cells.tp, cells.tp + cells.fn)];
	return /* @__PURE__ */ s(SquarePlot, {
		title: "ROC",
		finding: area === null ? "Needs labels of both classes." : `Area under the curve: ${figure(area)}.`,
		axes: {
			x: "false positive rate",
			y: "recall"
		},
		head: [
			"Threshold",
			"False positive rate",
			"Recall"
		],
		points,
		mark: x === null || y === null ? null : {
			x,
			y
		},
		hasDiagonal: true
	});
}
function PrecisionRecall({ scores, cells }) {
	const points = curve(scores).flatMap((at) => {
		const [x, y] = [rate(at.tp, at.tp + at.fn), rate(at.tp, at.tp + at.fp)];
		if (x === null || y === null) return [];
		const shown = thresholdWords(at);
		return [{
			x,
			y,
			words: `Threshold ${shown}: recall ${figure(x)}, precision ${figure(y)}`,
			cells: [
				shown,
				figure(x),
				figure(y)
			]
		}];
	});
	const base = rate(cells.tp + cells.fn, cells.tp + cells.fn + cells.fp + cells.tn);
	const [x, y] = [rate(cells.tp, cells.tp + cells.fn), rate(cells.tp, cells.tp + cells.fp)];
	return /* @__PURE__ */ s(SquarePlot, {
		title: "Precision and recall",
		finding: base === null ? "Needs labels." : `${percent(100 * base)} of the labels are positive.`,
		axes: {
			x: "recall",
			y: "precision"
		},
		head: [
			"Threshold",
			"Recall",
			"Precision"
		],
		points,
		mark: x === null || y === null ? null : {
			x,
			y
		}
	});
}
function Calibration({ scores, found }) {
	const points = calibration(scores).map((one) => ({
		x: one.score,
		y: one.rate,
		isHollow: one.events < FEW_LABELS$1,
		words: `Scores ${one.from} to ${one.to}: ${figure(one.score)} on average, ${figure(one.rate)} are positive, of ${count(one.events)} events`,
		cells: [
			`${one.from} to ${one.to}`,
			figure(one.score),
			figure(one.rate),
			count(one.events)
		]
	}));
	const error = metricOf(found, "expected_calibration_error");
	return /* @__PURE__ */ s(SquarePlot, {
		title: "Calibration",
		finding: error === null ? "Needs labels." : `Off by ${figure(error)} on average.`,
		axes: {
			x: "score",
			y: "share of positive"
		},
		head: [
			"Scores",
			"Mean score",
			"Positive",
			"Events"
		],
		points,
		hasDiagonal: true,
		hasDots: true
	});
}
// src/pages/performance-classes.tsx
function Classes({ confusion }) {
	const { classes, counts } = confusion;
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("h2", { children: "By class" }),
		/* @__PURE__ */ s(TableBox, {
			label: "Metrics by class",
			children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Class"
			}), [
				"Labels",
				"Predicted",
				"Precision",
				"Recall",
				"F1 score"
			].map((name) => /* @__PURE__ */ s("th", {
				scope: "col",
				class: "number",
				children: name
			}, name))] }) }), /* @__PURE__ */ s("tbody", { children: classes.map((name, place) => /* @__PURE__ */ s(Row$1, {
				name,
				place,
				counts
			}, name)) })] })
		}),
		/* @__PURE__ */ s(Confusion, {
			classes,
			counts
		})
	] });
}
function Row$1({ name, place, counts }) {
	const right = counts[place]?.[place] ?? 0;
	const actual = (counts[place] ?? []).reduce((sum, one) => sum + one, 0);
	const predicted = counts.reduce((sum, row) => sum + (row[place] ?? 0), 0);
	const rates = [
		rate(right, predicted),
		rate(right, actual),
		rate(2 * right, predicted + actual)
	];
	return /* @__PURE__ */ s("tr", { children: [
		/* @__PURE__ */ s("th", {
			scope: "row",
			children: /* @__PURE__ */ s(Text, { value: name })
		}),
		/* @__PURE__ */ s("td", {
			class: "number",
			children: count(actual)
		}),
		/* @__PURE__ */ s("td", {
			class: "number",
			children: count(predicted)
		}),
		rates.map((value, column) => /* @__PURE__ */ s("td", {
			class: "number",
			children: value === null ? /* @__PURE__ */ s("span", {
				class: "quiet",
				children: "–"
			}) : figure(value)
		}, column))
	] });
}
// src/pages/performance-errors.tsx
var WIDTH = 960;
var HEIGHT = 220;
var BOX = {
	left: 56,
	right: 8,
	top: 8,
	bottom: 36
};
var TICKS = 5;
function Errors({ errors, model }) {
	const { edges, counts } = errors;
	const all = counts.reduce((sum, one) => sum + one, 0);
	const say = (bin) => `Error ${range(edges, bin)}: ${count(counts[bin] ?? 0)} events, ${percent(100 * (counts[bin] ?? 0) / all)}`;
	const names = {
		output: plain(model.spec.outputs?.[0] ?? "output"),
		target: plain(model.spec.targets?.[0] ?? "target")
	};
	return /* @__PURE__ */ s(Plot, {
		title: "Errors",
		finding: `${names.output} minus ${names.target} of ${count(all)} events: ${percent(100 * below(errors) / all)} are below 0, that is too low.`,
		points: counts.length,
		say,
		head: [
			"Error",
			"Events",
			"Share"
		],
		rows: () => counts.map((value, bin) => [
			range(edges, bin),
			count(value),
			percent(100 * value / all)
		]),
		children: (cursor, point) => /* @__PURE__ */ s(Picture, {
			errors,
			cursor,
			point
		})
	});
}
/** Return how many errors are below 0; in the bin that has 0 inside, in proportion to its width. */
function below({ edges, counts }) {
	return counts.reduce((sum, value, bin) => {
		const [start, end] = [edges[bin] ?? 0, edges[bin + 1] ?? 0];
		if (start >= 0) return sum;
		return sum + (end <= 0 ? value : value * -start / (end - start));
	}, 0);
}
function range(edges, bin) {
	return `${figure(edges[bin] ?? 0)} to ${figure(edges[bin + 1] ?? 0)}`;
}
function Picture({ errors: { edges, counts }, cursor, point }) {
	const most = Math.max(...counts, 1);
	const [first, last] = [edges[0] ?? 0, edges.at(-1) ?? 0];
	const inner = {
		width: WIDTH - BOX.left - BOX.right,
		height: HEIGHT - BOX.top - BOX.bottom
	};
	const step = inner.width / counts.length;
	const bottom = BOX.top + inner.height;
	const x = (value) => BOX.left + (last > first ? inner.width * (value - first) / (last - first) : inner.width / 2);
	return /* @__PURE__ */ s("svg", {
		class: "wide-plot",
		viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
		"aria-hidden": "true",
		children: [
			[
				0,
				.5,
				1
			].map((part) => /* @__PURE__ */ s("g", { children: [/* @__PURE__ */ s("path", {
				class: "grid",
				d: `M${BOX.left} ${bottom - part * inner.height}H${WIDTH - BOX.right}`
			}), /* @__PURE__ */ s("text", {
				class: "tick",
				x: BOX.left - 6,
				y: bottom - part * inner.height + 3.5,
				"text-anchor": "end",
				children: count(part * most)
			})] }, part)),
			counts.map((value, bin) => /* @__PURE__ */ s("g", {
				onPointerEnter: () => point(bin),
				children: [/* @__PURE__ */ s("rect", {
					class: cursor === bin ? "here" : "ground",
					x: BOX.left + bin * step,
					y: BOX.top,
					width: step,
					height: inner.height
				}), /* @__PURE__ */ s("rect", {
					class: "bar-now",
					x: BOX.left + bin * step,
					y: bottom - inner.height * value / most,
					width: Math.max(step - 1, .5),
					height: inner.height * value / most
				})]
			}, bin)),
			first < 0 && last > 0 && /* @__PURE__ */ s("path", {
				class: "zero",
				d: `M${x(0)} ${BOX.top}V${bottom}`
			}),
			Array.from({ length: 6 }, (_, tick) => first + tick * (last - first) / TICKS).map((value) => /* @__PURE__ */ s("text", {
				class: "tick",
				x: x(value),
				y: bottom + 14,
				"text-anchor": "middle",
				children: figure(value)
			}, value)),
			/* @__PURE__ */ s("text", {
				class: "tick",
				x: BOX.left + inner.width / 2,
				y: 216,
				"text-anchor": "middle",
				children: "error"
			})
		]
	});
}
// src/pages/performance-figures.tsx
var NAMES = {
	accuracy: "Accuracy",
	precision: "Precision",
	recall: "Recall",
	fpr: "False positive rate",
	f1_score: "F1 score",
	geometric_mean: "Geometric mean",
	auc: "AUC",
	auroc: "AUROC",
	log_loss: "Log loss",
	expected_calibration_error: "Calibration error",
	calibrated_threshold: "Calibrated threshold",
	data_count: "Valid events",
	log_loss_count: "Valid events of the log loss",
	mae: "Mean absolute error",
	mse: "Mean squared error",
	rmse: "Root mean squared error",
	r2: "R²",
	mape: "MAPE",
	wmape: "WMAPE",
	map: "MAP",
	ndcg_mean: "NDCG",
	query_count: "Rankings"
};
/** What is drawn at first, if the model has it. */
var FIRST = [
	"accuracy",
	"mae",
	"ndcg_mean",
	"map"
];
/** Return the words for a metric. */
function metricName(id) {
	return NAMES[id] ?? id.replaceAll("_", " ");
}
/** Return whether a metric is a share, whose axis goes from 0 to 1. */
function isShare(id) {
	return !/loss|mae|mse|mape|r2|count/.test(id);
}
/** Return the metric of the address, else the first one of the task. */
function shownMetric(found) {
	const ids = (found.metrics ?? []).map((one) => one.metric);
	return [place.value.query.get("metric") ?? "", ...FIRST].find((one) => ids.includes(one)) ?? ids[0] ?? "";
}
function Figures({ found, shown }) {
	const { labels } = found;
	return /* @__PURE__ */ s("section", { children: [/* @__PURE__ */ s(TableBox, {
		label: "Metrics",
		children: /* @__PURE__ */ s("table", {
			class: "metrics",
			children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: "Metric"
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					class: "number",
					children: "Value"
				}),
				/* @__PURE__ */ s("th", {
					scope: "col",
					class: "number",
					children: "95 % interval"
				})
			] }) }), /* @__PURE__ */ s("tbody", { children: (found.metrics ?? []).map((one) => /* @__PURE__ */ s(Row, {
				one,
				isShown: one.metric === shown
			}, one.metric)) })]
		})
	}), labels && /* @__PURE__ */ s("p", {
		class: "quiet",
		children: [
			"Of ",
			count(labels.rows),
			" events, ",
			count(labels.labelled),
			" have a label",
			labels.coverage === null ? "" : ` (${percent(100 * labels.coverage)})`,
			". The metrics are of these."
		]
	})] });
}
function Row({ one, isShown }) {
	const { value, reason } = one.figure;
	return /* @__PURE__ */ s("tr", {
		class: isShown ? "chosen" : "",
		children: [
			/* @__PURE__ */ s("th", {
				scope: "row",
				children: /* @__PURE__ */ s("button", {
					type: "button",
					class: "row",
					"aria-pressed": isShown,
					onClick: () => change({ metric: one.metric }),
					children: metricName(one.metric)
				})
			}),
			/* @__PURE__ */ s("td", {
				class: "number",
				title: value === null ? "" : `${value}, of ${count(one.figure.sample_size)}`,
				children: value === null ? /* @__PURE__ */ s("span", {
					class: "quiet",
					children: (reason ?? "").replaceAll("_", " ")
				}) : figure(value)
			}),
			/* @__PURE__ */ s("td", {
				class: "number quiet",
				children: one.interval ? `${one.interval.map((end) => end.toFixed(3)).join(" to ")}` : ""
			})
		]
	});
}
// src/pages/performance-series.tsx
/** A metric of performance over time, and under it, always, the share of events that have a label. */
var PATH = "/v3/monitoring/series";
var MAX_BINS = 120;
/** Below one of these, a bin says little about the metric: its point is hollow. */
var FEW_LABELS = 30;
var FEW_COVERED = .5;
function PerformanceOverTime({ metric, threshold, labels }) {
	const selection = useSelection();
	const measured = {
		measure: "performance",
		metric,
		...threshold === null ? {} : { threshold }
	};
	const request = {
		...selection.body,
		max_bins: MAX_BINS,
		measures: [measured, { measure: "labels" }]
	};
	const series = useLive(JSON.stringify([
		selection.key,
		metric,
		threshold
	]), selection.revision, async (signal) => (await body(api.POST(PATH, {
		body: request,
		signal
	}))).data);
	const complete = completeness(labels, selection.bounds, now.value);
	return /* @__PURE__ */ s("section", { children: [/* @__PURE__ */ s(Loaded, {
		resource: series,
		children: (found) => /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s(Chart, {
			title: metricName(metric),
			unit: "of events with a label",
			data: metricData(found, metric, complete.marks),
			span: isShare(metric) ? [0, 1] : [0, null],
			write: figure,
			call: {
				path: PATH,
				body: request
			},
			revision: found.data_revision
		}), /* @__PURE__ */ s("div", {
			class: "strip",
			children: /* @__PURE__ */ s(Chart, {
				title: "Label coverage",
				unit: "of events with a label",
				data: coverageData(found),
				span: [0, 100],
				write: percent,
				call: {
					path: PATH,
					body: request
				},
				revision: found.data_revision,
				height: 110
			})
		})] })
	}), /* @__PURE__ */ s("p", {
		class: "quiet",
		children: [
			complete.text,
			" A point is hollow if fewer than ",
			FEW_LABELS,
			" or less than half of its events have a label."
		]
	})] });
}
function metricData(found, metric, marks) {
	const [group] = found.groups ?? [];
	const [measure] = group?.measures ?? [];
	const isFew = (bin) => {
		const [labelled, rows] = [measure?.labelled[bin] ?? 0, group?.rows[bin] ?? 0];
		return labelled < FEW_LABELS || labelled < FEW_COVERED * rows;
	};
	return {
		...binsOf(found),
		series: [{
			name: metricName(metric),
			values: measure?.values ?? [],
			reasons: measure?.reasons ?? [],
			hollow: (measure?.values ?? []).map((_, bin) => isFew(bin)),
			...measure?.lower && measure.upper ? { band: {
				low: measure.lower,
				high: measure.upper
			} } : {}
		}],
		marks
	};
}
function coverageData(found) {
	const coverage = found.groups?.[0]?.measures[1];
	const values = (coverage?.values ?? []).map((value) => value === null ? null : 100 * value);
	return {
		...binsOf(found),
		series: [{
			name: "Coverage",
			form: "bars",
			values,
			reasons: coverage?.reasons ?? []
		}]
	};
}
function binsOf(found) {
	return {
		edges: found.edges ?? [],
		complete: found.complete ?? [],
		binSize: found.bin_size ?? "Day",
		rows: found.groups?.[0]?.rows ?? []
	};
}
/** Say how late labels are, and mark from when on some are still awaited. */
function completeness(labels, bounds, present) {
	const lag = labels?.lags.at(-1) ?? null;
	if (!labels || lag === null) return {
		text: "",
		marks: []
	};
	const after = `90% of the ${count(labels.timed)} labels came within ${duration(lag)} of their events`;
	const at = present - 1e3 * lag;
	if (1e3 * lag > bounds.end - bounds.start) return {
		text: `${after}: they were loaded later, so nothing says when labels are usually complete.`,
		marks: []
	};
	if (at >= bounds.end) return {
		text: `${after}, so this range is usually complete.`,
		marks: []
	};
	return {
		text: `${after}. To the right of the line, labels are still awaited.`,
		marks: [{
			at: iso(at),
			text: "labels usually complete up to here"
		}]
	};
}
// src/pages/performance.tsx
/** How good the predictions of a model are: figures with intervals, over time, with the labels that they rest on. */
var TASKS = [
	"binary_classification",
	"multiclass_classification",
	"regression",
	"ranking"
];
function PerformancePage({ model }) {
	const isPossible = TASKS.includes(model.task.toLowerCase()) && (model.spec.targets ?? []).length > 0;
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("h1", { children: "Performance" }), isPossible ? /* @__PURE__ */ s(Measured, { model }) : /* @__PURE__ */ s(NoPerformance, { model })] });
}
function NoPerformance({ model }) {
	const hasTask = TASKS.includes(model.task.toLowerCase());
	return /* @__PURE__ */ s(Empty, {
		title: hasTask ? "The model has no target." : "The model's task has no metrics of performance.",
		children: [/* @__PURE__ */ s("p", { children: hasTask ? "Performance compares outputs with labels, which are the values of a target." : "Classifications, regressions and rankings have some." }), /* @__PURE__ */ s("a", {
			href: linkToPage(model.id, "schema"),
			children: "Columns of the model"
		})]
	});
}
function Measured({ model }) {
	const selection = useSelection();
	const threshold = thresholdOf();
	const request = {
		...selection.body,
		...threshold === null ? {} : { threshold }
	};
	const performance = useLive(JSON.stringify([selection.key, threshold]), selection.revision, async (signal) => (await body(api.POST("/v3/monitoring/performance", {
		body: request,
		signal
	}))).data);
	return /* @__PURE__ */ s(Loaded, {
		resource: performance,
		children: (found) => found.labels?.rows === 0 ? /* @__PURE__ */ s(Empty, {
			title: "There is no event in this range.",
			children: /* @__PURE__ */ s("p", { children: "Choose another range at the top." })
		}) : /* @__PURE__ */ s(Shown, {
			model,
			found,
			threshold
		})
	});
}
/** Return the threshold of the address, null for the model's own. */
function thresholdOf() {
	const text = place.value.query.get("threshold");
	const value = Number(text);
	return text !== null && value >= 0 && value <= 1 ? value : null;
}
function Shown({ model, found, threshold }) {
	const metric = shownMetric(found);
	const { labels } = found;
	return /* @__PURE__ */ s(w, { children: [
		labels?.labelled === 0 && /* @__PURE__ */ s("p", {
			class: "notice",
			role: "status",
			children: [
				"None of the ",
				count(labels.rows),
				" events in the range has a label yet. Labels are values of the target",
				(model.spec.targets ?? []).length > 1 ? "s" : "",
				", sent by PATCH /v3/events as soon as they are known."
			]
		}),
		/* @__PURE__ */ s("div", {
			class: "beside",
			children: [/* @__PURE__ */ s(Figures, {
				found,
				shown: metric
			}), /* @__PURE__ */ s(PerformanceOverTime, {
				metric,
				threshold,
				labels
			})]
		}),
		found.scores && /* @__PURE__ */ s(BinaryDetails, {
			model,
			found,
			scores: found.scores,
			threshold
		}),
		!found.scores && found.confusion && /* @__PURE__ */ s(Classes, { confusion: found.confusion }),
		found.errors && /* @__PURE__ */ s(Errors, {
			errors: found.errors,
			model
		})
	] });
}
export { PerformancePage };
