import { Gt as Failure, J as figure, Jt as useAction, K as count, Kt as Loaded, Nt as go, Pt as link, R as TableBox, Wt as Empty, X as size, Zt as may, at as inZone, c as refusedOf, et as Dialog, it as Time, l as useIngestion, nn as body, nt as Text, o as MinuteBars, s as eventsOf, tn as api, u as usePace, yt as zone } from "./shared.js";
import { _ as w, t as s, u as _ } from "./vendor.js";
import { n as useJobs, t as JobTable } from "./job-list.js";
// src/pages/ingestion-tables.tsx
var HEADS = [
	"Requests",
	"Refused",
	"Events",
	"Created",
	"Replaced",
	"Unchanged",
	"Updated",
	"Rejected rows"
];
function ByModel({ models }) {
	return /* @__PURE__ */ s("section", { children: [
		/* @__PURE__ */ s("h2", { children: "Models of this hour" }),
		models.length === 0 && /* @__PURE__ */ s(Empty, { title: "No model got an event in this hour." }),
		models.length > 0 && /* @__PURE__ */ s(TableBox, {
			label: "Models of this hour",
			children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s(Head$1, { first: "Model" }), /* @__PURE__ */ s("tbody", { children: models.map(({ model, project, counted }) => /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
				scope: "row",
				children: [
					/* @__PURE__ */ s("a", {
						href: link(`/models/${model.id}/ingestion`),
						children: /* @__PURE__ */ s(Text, { value: model.name })
					}),
					" ",
					/* @__PURE__ */ s("span", {
						class: "quiet",
						children: [
							/* @__PURE__ */ s(Text, { value: model.version }),
							" · ",
							/* @__PURE__ */ s(Text, { value: project.name })
						]
					})
				]
			}), /* @__PURE__ */ s(Numbers, { of: counted })] }, model.id)) })] })
		})
	] });
}
function ByMinute({ minutes }) {
	const busy = minutes.filter(({ counted }) => counted.requests || eventsOf(counted)).reverse();
	return /* @__PURE__ */ s("details", { children: [
		/* @__PURE__ */ s("summary", { children: "Numbers by minute" }),
		/* @__PURE__ */ s(TableBox, {
			label: "Numbers by minute",
			children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s(Head$1, { first: "Minute" }), /* @__PURE__ */ s("tbody", { children: busy.map(({ minute, counted }) => /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
				scope: "row",
				children: /* @__PURE__ */ s(Time, { at: minute })
			}), /* @__PURE__ */ s(Numbers, { of: counted })] }, minute)) })] })
		}),
		busy.length < minutes.length && /* @__PURE__ */ s("p", {
			class: "quiet small",
			children: "Minutes without a request are not listed."
		})
	] });
}
function Head$1({ first }) {
	return /* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
		/* @__PURE__ */ s("th", {
			scope: "col",
			children: first
		}),
		HEADS.map((head) => /* @__PURE__ */ s("th", {
			scope: "col",
			class: "number",
			children: head
		}, head)),
		/* @__PURE__ */ s("th", {
			scope: "col",
			class: "number",
			children: "Latency, 50 / 90 / 99 %"
		})
	] }) });
}
function Numbers({ of }) {
	const { latency } = of;
	const numbers = [
		of.requests,
		refusedOf(of),
		eventsOf(of),
		of.created,
		of.replaced,
		of.unchanged,
		of.updated,
		of.rejected
	];
	return /* @__PURE__ */ s(w, { children: [numbers.map((number, n) => /* @__PURE__ */ s("td", {
		class: "number",
		children: number ? count(number) : /* @__PURE__ */ s("span", {
			class: "quiet",
			children: "0"
		})
	}, HEADS[n])), /* @__PURE__ */ s("td", {
		class: "number",
		children: latency ? `${figure(latency.p50_ms)} / ${figure(latency.p90_ms)} / ${figure(latency.p99_ms)} ms` : "–"
	})] });
}
// src/pages/file-head.ts
var HEAD_BYTES = 262144;
var ROWS = 5;
/** Read the start of a file. */
async function readHead(file, model) {
	const empty = {
		problems: [],
		notices: [],
		header: [],
		rows: []
	};
	if (file.size === 0) return {
		...empty,
		problems: ["The file is empty."]
	};
	if (/\.(parquet|pq)$/i.test(file.name)) {
		const problems = await file.slice(0, 4).text() === "PAR1" ? [] : ["The file is no Parquet: it does not begin with PAR1."];
		return {
			...empty,
			problems,
			notices: problems.length ? [] : ["Rows of Parquet are checked by the job."]
		};
	}
	if (!/\.csv$/i.test(file.name)) return {
		...empty,
		problems: ["The name must end in .csv, .parquet or .pq."]
	};
	const [header = [], ...rows] = parseCsv(await file.slice(0, HEAD_BYTES).text());
	const whole = file.size > HEAD_BYTES ? rows.slice(0, -1) : rows;
	return {
		...checked(header, whole, model),
		header,
		rows: whole.slice(0, ROWS)
	};
}
function checked(header, rows, model) {
	const known = new Set(model.schema.columns.map(({ name }) => name));
	const has = new Set(header);
	const problems = [];
	const { event_id_col: id, event_ts_col: time } = model;
	if (id && !has.has(id)) problems.push(`The column ${id} is missing, so no row has an id.`);
	if (!rows.length) problems.push("There is no row below the header.");
	return {
		problems,
		notices: [
			list("Unknown columns, which are kept as undeclared:", unlike(header, known)),
			list("Columns that the file does not have:", unlike([...known], has)),
			time && !has.has(time) ? `The column ${time} is missing, so events get the time of receipt.` : "",
			...numbers(header, rows, model)
		].filter((text) => text)
	};
}
/** Say in which columns of numbers a text was found in the first rows. */
function numbers(header, rows, model) {
	return model.schema.columns.filter(({ data_type }) => data_type === "int" || data_type === "float").flatMap(({ name, data_type }) => {
		const place = header.indexOf(name);
		const bad = place < 0 ? -1 : rows.findIndex((row) => isText(row[place] ?? ""));
		return bad < 0 ? [] : [`Row ${bad} has no ${data_type} in ${name}, which is a violation.`];
	});
}
function isText(cell) {
	return !/^(|nan|none|nat|<na>|[+-]?inf(inity)?)$/i.test(cell.trim()) && Number.isNaN(Number(cell));
}
function unlike(names, known) {
	return names.filter((name) => !known.has(name));
}
function list(text, names) {
	const shown = names.slice(0, 10).join(", ");
	return names.length ? `${text} ${shown}${names.length > 10 ? ` and ${names.length - 10} more` : ""}.` : "";
}
/** Parse CSV with quotes; a quote inside a quoted cell is doubled. */
function parseCsv(text) {
	const rows = [];
	let row = [];
	const cells = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/gy;
	for (let found = cells.exec(text); found; found = cells.exec(text)) {
		const [whole, cell = "", end] = found;
		if (!whole && !row.length) break;
		row.push(cell.startsWith("\"") ? cell.slice(1, -1).replaceAll("\"\"", "\"") : cell);
		if (end === ",") continue;
		rows.push(row);
		row = [];
		if (!end) break;
	}
	return rows;
}
// src/pages/publish-file.tsx
/** Publish a CSV or Parquet file: its first rows are checked and shown, then it is uploaded, and a job publishes it. */
function PublishFile({ model }) {
	const [isOpen, setOpen] = _(false);
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("button", {
		type: "button",
		class: "main",
		onClick: () => setOpen(true),
		children: "Publish a file"
	}), isOpen && /* @__PURE__ */ s(Form, {
		model,
		onClose: () => setOpen(false)
	})] });
}
function Form({ model, onClose }) {
	const [chosen, setChosen] = _(null);
	const [dataset, setDataset] = _("");
	const action = useAction();
	const choose = async (file) => setChosen(file ? {
		file,
		head: await readHead(file, model)
	} : null);
	const send = (event) => {
		event.preventDefault();
		if (chosen) action.run(() => publish(model.id, chosen.file, dataset.trim()));
	};
	const isReady = chosen !== null && chosen.head.problems.length === 0;
	return /* @__PURE__ */ s(Dialog, {
		title: "Publish a file",
		onClose,
		children: /* @__PURE__ */ s("form", {
			class: "form",
			onSubmit: send,
			children: [
				/* @__PURE__ */ s("label", {
					class: "drop",
					onDragOver: (event) => event.preventDefault(),
					onDrop: (event) => drop(event, choose),
					children: ["CSV or Parquet file: choose one, or drop it here", /* @__PURE__ */ s("input", {
						type: "file",
						accept: ".csv,.parquet,.pq",
						autofocus: true,
						onChange: (event) => choose(event.currentTarget.files?.[0])
					})]
				}),
				/* @__PURE__ */ s("label", { children: ["Dataset", /* @__PURE__ */ s("input", {
					placeholder: "none: production",
					maxLength: 255,
					value: dataset,
					onInput: (event) => setDataset(event.currentTarget.value)
				})] }),
				chosen && /* @__PURE__ */ s(Head, { chosen }),
				action.error && /* @__PURE__ */ s(Failure, { error: action.error }),
				/* @__PURE__ */ s("footer", {
					class: "dialog-foot",
					children: [
						action.isRunning && /* @__PURE__ */ s("span", {
							class: "quiet",
							role: "status",
							children: "Uploading"
						}),
						/* @__PURE__ */ s("button", {
							type: "button",
							onClick: onClose,
							children: "Cancel"
						}),
						/* @__PURE__ */ s("button", {
							type: "submit",
							class: "main",
							disabled: !isReady || action.isRunning,
							children: "Publish"
						})
					]
				})
			]
		})
	});
}
function drop(event, choose) {
	event.preventDefault();
	choose(event.dataTransfer?.files[0]);
}
async function publish(modelId, file, dataset) {
	const form = new FormData();
	form.append("file", file, file.name);
	const uploaded = await body(api.POST("/v3/files/upload", {
		body: { file },
		bodySerializer: () => form
	}));
	const request = {
		model_id: modelId,
		...dataset ? {
			env_type: "PRE_PRODUCTION",
			env_name: dataset
		} : { env_type: "PRODUCTION" },
		source: {
			type: "FILE",
			file_id: uploaded.data.id
		}
	};
	const { data } = await body(api.POST("/v3/events", { body: request }));
	if ("job" in data) go(link(`/jobs/${data.job.id}`));
}
function Head({ chosen: { file, head } }) {
	const { problems, notices, header, rows } = head;
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("p", {
			class: "quiet",
			children: [
				/* @__PURE__ */ s(Text, { value: file.name }),
				", ",
				size(file.size)
			]
		}),
		problems.map((text) => /* @__PURE__ */ s("p", {
			class: "notice bad",
			role: "alert",
			children: /* @__PURE__ */ s(Text, { value: text })
		}, text)),
		notices.map((text) => /* @__PURE__ */ s("p", {
			class: "notice",
			children: /* @__PURE__ */ s(Text, { value: text })
		}, text)),
		header.length > 0 && /* @__PURE__ */ s(FirstRows, {
			header,
			rows
		})
	] });
}
function FirstRows({ header, rows }) {
	return /* @__PURE__ */ s(TableBox, {
		label: "First rows of the file",
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: header.map((name, n) => /* @__PURE__ */ s("th", {
			scope: "col",
			children: /* @__PURE__ */ s(Text, { value: name })
		}, n)) }) }), /* @__PURE__ */ s("tbody", { children: rows.map((row, n) => /* @__PURE__ */ s("tr", { children: header.map((name, place) => /* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Text, { value: row[place] ?? "" }) }, `${name} ${place}`)) }, n)) })] })
	});
}
// src/pages/ingestion.tsx
/** Ingestion of one model or of all: what comes in now, the last hour by minute, and the jobs. */
var JOBS = 8;
/** The ingestion of all models. */
function AllIngestion() {
	return /* @__PURE__ */ s(Page, { modelId: null });
}
/** The ingestion of one model. */
function ModelIngestion({ model }) {
	return /* @__PURE__ */ s(Page, {
		modelId: model.id,
		model
	});
}
function Page({ modelId, model }) {
	const ingestion = useIngestion(modelId);
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h1", { children: "Ingestion" }),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				model && may("ingest") && /* @__PURE__ */ s(PublishFile, { model })
			]
		}),
		/* @__PURE__ */ s(Loaded, {
			resource: ingestion,
			children: (report) => /* @__PURE__ */ s(w, { children: [
				/* @__PURE__ */ s(Now, { report }),
				/* @__PURE__ */ s(Refused, { counted: total(report) }),
				modelId === null && /* @__PURE__ */ s(ByModel, { models: report.models }),
				/* @__PURE__ */ s(ByMinute, { minutes: report.minutes })
			] })
		}),
		/* @__PURE__ */ s(Jobs, { modelId })
	] });
}
function Now({ report }) {
	const pace = usePace(report);
	const last = report.minutes.findLast(({ counted }) => counted.latency)?.counted.latency ?? null;
	const latencyOf = (counts) => counts.latency?.p90_ms ?? 0;
	const rate = (pick) => figure(Number(pace(pick).toPrecision(3)));
	const events = (value) => `${count(value)} events`;
	const requests = (value) => `${count(value)} requests`;
	return /* @__PURE__ */ s("section", {
		"aria-label": "Now",
		children: [
			/* @__PURE__ */ s("div", {
				class: "live-figures",
				children: [
					/* @__PURE__ */ s(Figure, {
						name: "Events",
						value: rate(eventsOf),
						unit: "/s",
						report,
						pick: eventsOf,
						write: events
					}),
					/* @__PURE__ */ s(Figure, {
						name: "Requests",
						value: rate((counts) => counts.requests),
						unit: "/s",
						report,
						pick: (counts) => counts.requests,
						write: requests
					}),
					/* @__PURE__ */ s(Figure, {
						name: "Refused",
						value: rate(refusedOf),
						unit: "/s",
						report,
						pick: refusedOf,
						write: requests
					}),
					/* @__PURE__ */ s(Figure, {
						name: "Latency, 90th percentile",
						value: last ? figure(Number(last.p90_ms.toPrecision(3))) : "–",
						unit: last ? "ms" : "",
						report,
						pick: latencyOf,
						write: (value) => `${figure(value)} ms`
					})
				]
			}),
			/* @__PURE__ */ s("p", {
				class: "quiet small",
				children: [
					rate((counts) => counts.bytes / 1024),
					" KiB/s of bodies, ",
					size(total(report).bytes),
					" in this hour ·",
					" ",
					count(report.waiting_requests),
					" requests wait to be ingested",
					last && ` · latency ${figure(last.p50_ms)} / ${figure(last.p90_ms)} / ${figure(last.p99_ms)} ms (50, 90, 99 %)`
				]
			}),
			/* @__PURE__ */ s("p", {
				class: "quiet small",
				children: [
					"By minute of receipt, since ",
					/* @__PURE__ */ s(Time, { at: report.minutes[0]?.minute ?? report.started_at }),
					", from the memory of",
					" ",
					report.replica ? `the replica ${report.replica}` : "the server",
					", which started at",
					" ",
					/* @__PURE__ */ s(Time, { at: report.started_at }),
					"."
				]
			})
		]
	});
}
function Figure({ name, value, unit, report, pick, write }) {
	const values = report.minutes.map(({ counted }) => pick(counted));
	const names = report.minutes.map(({ minute }, n) => `${inZone(minute, zone.value).slice(11, 16)}, ${write(values[n] ?? 0)}`);
	const most = values.indexOf(Math.max(...values));
	return /* @__PURE__ */ s("div", {
		class: "live-figure",
		children: [
			/* @__PURE__ */ s("h2", { children: name }),
			/* @__PURE__ */ s("p", {
				class: "large",
				children: [
					value,
					" ",
					/* @__PURE__ */ s("span", {
						class: "quiet",
						children: unit
					})
				]
			}),
			/* @__PURE__ */ s(MinuteBars, {
				values,
				names,
				label: `${name} of the last hour by minute; most at ${names[most]}`
			})
		]
	});
}
function total(report) {
	const refused = /* @__PURE__ */ new Map();
	let bytes = 0;
	for (const { counted } of report.minutes) {
		bytes += counted.bytes;
		for (const one of counted.refused) refused.set(one.reason, (refused.get(one.reason) ?? 0) + one.requests);
	}
	return {
		bytes,
		refused: [...refused].map(([reason, requests]) => ({
			reason,
			requests
		}))
	};
}
function Refused({ counted: { refused } }) {
	if (!refused.length) return null;
	const ordered = [...refused].sort((a, b) => b.requests - a.requests);
	return /* @__PURE__ */ s("section", { children: [/* @__PURE__ */ s("h2", { children: "Refused in this hour" }), /* @__PURE__ */ s("dl", {
		class: "facts figures",
		children: ordered.map(({ reason, requests }) => /* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: reason }), /* @__PURE__ */ s("dd", { children: count(requests) })] }, reason))
	})] });
}
function Jobs({ modelId }) {
	const jobs = useJobs(modelId ? [{
		field: "model_id",
		operator: "equal",
		value: modelId
	}] : [], JOBS, 0);
	return /* @__PURE__ */ s("section", { children: [/* @__PURE__ */ s("div", {
		class: "page-head",
		children: [/* @__PURE__ */ s("h2", { children: "Jobs" }), /* @__PURE__ */ s("a", {
			href: link("/jobs"),
			children: "All jobs"
		})]
	}), /* @__PURE__ */ s(Loaded, {
		resource: jobs,
		children: (page) => page.items.length ? /* @__PURE__ */ s(JobTable, {
			jobs: page.items,
			label: "Newest jobs"
		}) : /* @__PURE__ */ s(Empty, { title: "No job yet. A file that is published, or a deletion, becomes a job." })
	})] });
}
export { AllIngestion, ModelIngestion };
