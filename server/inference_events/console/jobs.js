import { C as STATUSES, Ft as place, K as count, Kt as Loaded, Mt as change, Pt as link, Q as Copy, R as TableBox, S as JobStatus, U as Pager, Ut as useResource, Wt as Empty, a as Progress, g as filterText, it as Time, nn as body, nt as Text, q as duration, rt as plain, tn as api, w as hasEnded } from "./shared.js";
import { _ as w, m as y, p as x, t as s, u as _ } from "./vendor.js";
import { n as useJobs, t as JobTable } from "./job-list.js";
// src/pages/rejected-rows.tsx
/** The rows of a job's file that cannot be events: by reason first, because many rows usually have few reasons. */
var PAGE = 1e3;
var MAX_ROWS = 1e4;
var SHOWN = 100;
function RejectedRows({ jobId, total }) {
	const rows = useResource(`${jobId} ${total}`, (signal) => readRows(jobId, signal));
	return /* @__PURE__ */ s("section", { children: [/* @__PURE__ */ s("h2", { children: "Rejected rows" }), /* @__PURE__ */ s(Loaded, {
		resource: rows,
		children: (found) => /* @__PURE__ */ s(Groups, {
			groups: grouped(found),
			read: found.length,
			total
		})
	})] });
}
async function readRows(jobId, signal) {
	const rows = [];
	for (let offset = 0; offset < MAX_ROWS; offset += PAGE) {
		const params = {
			path: { job_id: jobId },
			query: {
				limit: PAGE,
				offset
			}
		};
		const { data } = await body(api.GET("/v3/jobs/{job_id}/rejected-rows", {
			params,
			signal
		}));
		rows.push(...data.items);
		if (rows.length >= data.total || !data.items.length) break;
	}
	return rows;
}
function grouped(rows) {
	const groups = /* @__PURE__ */ new Map();
	for (const { row, reason, message } of rows) {
		const key = JSON.stringify([reason, message]);
		const group = groups.get(key) ?? {
			reason,
			message,
			rows: []
		};
		group.rows.push(row);
		groups.set(key, group);
	}
	return [...groups.values()].sort((a, b) => b.rows.length - a.rows.length);
}
function Groups({ groups, read, total }) {
	return /* @__PURE__ */ s(w, { children: [read < total && /* @__PURE__ */ s("p", {
		class: "quiet",
		children: [
			"By the first ",
			count(read),
			" of ",
			count(total),
			" rejected rows."
		]
	}), /* @__PURE__ */ s(TableBox, {
		label: "Rejected rows by reason",
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Reason"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				class: "number",
				children: "Rows"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Row numbers, from 0 without a header"
			})
		] }) }), /* @__PURE__ */ s("tbody", { children: groups.map((group) => /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "row",
				class: "wrap",
				children: /* @__PURE__ */ s("bdi", { children: plain(group.message) })
			}),
			/* @__PURE__ */ s("td", {
				class: "number",
				children: count(group.rows.length)
			}),
			/* @__PURE__ */ s("td", {
				class: "wrap",
				children: /* @__PURE__ */ s(Numbers, { rows: group.rows })
			})
		] }, `${group.reason} ${group.message}`)) })] })
	})] });
}
function Numbers({ rows }) {
	const [shown, setShown] = _(10);
	return /* @__PURE__ */ s(w, { children: [
		rows.slice(0, shown).map(count).join(" · "),
		" ",
		rows.length > shown && /* @__PURE__ */ s("button", {
			type: "button",
			class: "small",
			onClick: () => setShown(shown + SHOWN),
			children: [count(rows.length - shown), " more"]
		})
	] });
}
// src/pages/job.tsx
var REFRESH_MS = 1e3;
var PACE_MS = 1e4;
function JobPage({ id }) {
	const [ended, setEnded] = _(false);
	const path = { job_id: id };
	const job = useResource(id, async (signal) => (await body(api.GET("/v3/jobs/{job_id}", {
		params: { path },
		signal
	}))).data, ended ? void 0 : REFRESH_MS);
	y(() => setEnded(job.data !== void 0 && hasEnded(job.data.status)), [job.data]);
	return /* @__PURE__ */ s(Loaded, {
		resource: job,
		children: (found) => /* @__PURE__ */ s(Shown, { job: found })
	});
}
function Shown({ job }) {
	const { info } = job;
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [/* @__PURE__ */ s("h1", { children: /* @__PURE__ */ s(Text, { value: job.name }) }), /* @__PURE__ */ s(JobStatus, { status: job.status })]
		}),
		/* @__PURE__ */ s(Advance, { job }),
		job.error_message && /* @__PURE__ */ s("p", {
			class: "notice bad",
			role: "alert",
			children: /* @__PURE__ */ s(Text, { value: job.error_message })
		}),
		/* @__PURE__ */ s(Rows, { info }),
		/* @__PURE__ */ s(Facts, { job }),
		/* @__PURE__ */ s(Warnings, { info }),
		/* @__PURE__ */ s(Violations, { job }),
		info.rejected_rows ? /* @__PURE__ */ s(RejectedRows, {
			jobId: job.id,
			total: info.rejected_rows
		}, info.rejected_rows) : null
	] });
}
/** How far a job is that has not ended, and when it will end at the present pace. */
function Advance({ job }) {
	const pace = usePace(job);
	if (hasEnded(job.status)) return null;
	const left = pace && pace.progress > 0 ? (100 - job.progress) / pace.progress : null;
	return /* @__PURE__ */ s("p", {
		class: "advance",
		children: [/* @__PURE__ */ s(Progress, {
			done: job.progress,
			label: `Progress of ${job.name}`
		}), /* @__PURE__ */ s("span", {
			class: "quiet",
			role: "status",
			children: [
				job.status === "PENDING" && "It waits for a worker.",
				pace && pace.rows > 0 && `${count(Math.round(pace.rows))} rows/s`,
				left !== null && left < 86400 && `, about ${duration(Math.max(left, 1))} left`
			]
		})]
	});
}
/** Return the progress in percent and rows of a second, from the last seconds; null until that is known. */
function usePace({ progress, info }) {
	const samples = x([]);
	const now = performance.now();
	const rows = info.rows ?? 0;
	const last = samples.current.at(-1);
	if (!last || last.progress !== progress || last.rows !== rows) samples.current.push({
		at: now,
		progress,
		rows
	});
	while (samples.current.length > 2 && now - (samples.current[0]?.at ?? now) > PACE_MS) samples.current.shift();
	const first = samples.current[0];
	if (!first || now - first.at < 500 || samples.current.length < 2) return null;
	const seconds = (now - first.at) / 1e3;
	return {
		progress: (progress - first.progress) / seconds,
		rows: (rows - first.rows) / seconds
	};
}
var COUNTED = {
	rows: "Rows read",
	created: "Created",
	replaced: "Replaced",
	unchanged: "Unchanged",
	updated: "Updated",
	unknown: "Unknown ids",
	rejected_rows: "Rejected",
	deleted_events: "Events deleted"
};
function Rows({ info }) {
	const known = Object.entries(COUNTED).filter(([name]) => info[name] !== void 0);
	if (!known.length) return null;
	return /* @__PURE__ */ s("dl", {
		class: "facts figures",
		children: known.map(([name, label]) => /* @__PURE__ */ s(Fact, {
			name: label,
			children: count(info[name] ?? 0)
		}, name))
	});
}
function Facts({ job }) {
	const { info } = job;
	return /* @__PURE__ */ s("dl", {
		class: "facts",
		children: [
			info.model_name && /* @__PURE__ */ s(Fact, {
				name: "Model",
				children: info.model_uuid ? /* @__PURE__ */ s("a", {
					href: link(`/models/${info.model_uuid}`),
					children: /* @__PURE__ */ s(Text, { value: info.model_name })
				}) : /* @__PURE__ */ s(Text, { value: info.model_name })
			}),
			/* @__PURE__ */ s(Fact, {
				name: "Project",
				children: /* @__PURE__ */ s(Text, { value: info.project_name })
			}),
			info.env_name && /* @__PURE__ */ s(Fact, {
				name: "Environment",
				children: /* @__PURE__ */ s(Text, { value: info.env_name })
			}),
			/* @__PURE__ */ s(Fact, {
				name: "Accepted",
				children: /* @__PURE__ */ s(Time, { at: job.created_at })
			}),
			/* @__PURE__ */ s(Fact, {
				name: "Began",
				children: /* @__PURE__ */ s(Time, {
					at: job.started_at,
					none: "not yet"
				})
			}),
			/* @__PURE__ */ s(Fact, {
				name: "Ended",
				children: [/* @__PURE__ */ s(Time, {
					at: job.completed_at,
					none: "not yet"
				}), job.completed_at && /* @__PURE__ */ s("span", {
					class: "quiet",
					children: [" after ", duration(seconds(job))]
				})]
			}),
			/* @__PURE__ */ s(Fact, {
				name: "Id",
				children: [
					/* @__PURE__ */ s("code", { children: job.id }),
					" ",
					/* @__PURE__ */ s(Copy, {
						text: job.id,
						what: "id of the job"
					})
				]
			})
		]
	});
}
function seconds({ started_at, created_at, completed_at }) {
	return (Date.parse(completed_at ?? created_at) - Date.parse(started_at ?? created_at)) / 1e3;
}
function Fact({ name, children }) {
	return /* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: name }), /* @__PURE__ */ s("dd", { children })] });
}
function Warnings({ info }) {
	const lines = [["Columns that the schema does not declare; they are kept:", info.undeclared_columns ?? []], ["Columns that an update leaves alone:", info.ignored_columns ?? []]];
	return /* @__PURE__ */ s(w, { children: [
		info.missing_timestamp_column && /* @__PURE__ */ s("p", {
			class: "notice",
			children: [
				"The file has no column ",
				/* @__PURE__ */ s(Text, { value: info.missing_timestamp_column }),
				", so its events have the time of receipt."
			]
		}),
		info.warnings?.map((warning) => /* @__PURE__ */ s("p", {
			class: "notice",
			children: /* @__PURE__ */ s(Text, { value: warning.message })
		}, warning.message)),
		lines.map(([text, names]) => names.length > 0 && /* @__PURE__ */ s("p", {
			class: "notice",
			children: /* @__PURE__ */ s("span", { children: [
				text,
				" ",
				/* @__PURE__ */ s(Text, { value: names.join(", ") })
			] })
		}, text))
	] });
}
/** What violates the schema in the file's events; each count leads to the events of the model with this violation. */
function Violations({ job }) {
	const { violations, model_uuid: modelId, env_type: type, env_name: name } = job.info;
	if (!violations?.length || !modelId) return null;
	const env = type === "PRE_PRODUCTION" ? name : null;
	return /* @__PURE__ */ s("section", { children: [/* @__PURE__ */ s("h2", { children: "Violations" }), /* @__PURE__ */ s(TableBox, {
		label: "Violations",
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Column"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Kind"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				class: "number",
				children: "Events of the file"
			})
		] }) }), /* @__PURE__ */ s("tbody", { children: violations.map(({ column, kind, count: number }) => /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "row",
				children: /* @__PURE__ */ s("a", {
					href: link(`/models/${modelId}/events`, {
						env,
						from: "all",
						f: [filterText({
							column,
							operator: "any_violation",
							kind
						})]
					}),
					children: /* @__PURE__ */ s(Text, { value: column })
				})
			}),
			/* @__PURE__ */ s("td", { children: kind }),
			/* @__PURE__ */ s("td", {
				class: "number",
				children: count(number)
			})
		] }, `${kind} ${column}`)) })] })
	})] });
}
// src/pages/jobs.tsx
/** Jobs of all models, or one job. */
var LIMIT = 50;
function Jobs({ item }) {
	return item === null ? /* @__PURE__ */ s(All, {}) : /* @__PURE__ */ s(JobPage, { id: item }, item);
}
function All() {
	const { query } = place.value;
	const status = query.get("status") ?? "";
	const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
	const isKnown = status in STATUSES;
	const jobs = useJobs(isKnown ? [{
		field: "status",
		operator: "equal",
		value: status
	}] : [], LIMIT, offset);
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("div", {
		class: "page-head",
		children: [/* @__PURE__ */ s("h1", { children: "Jobs" }), /* @__PURE__ */ s("select", {
			class: "choice",
			"aria-label": "Status",
			value: isKnown ? status : "",
			onChange: (event) => change({
				status: event.currentTarget.value || null,
				offset: null
			}),
			children: [/* @__PURE__ */ s("option", {
				value: "",
				children: "Any status"
			}), Object.entries(STATUSES).map(([value, name]) => /* @__PURE__ */ s("option", {
				value,
				children: name
			}, value))]
		})]
	}), /* @__PURE__ */ s(Loaded, {
		resource: jobs,
		children: (page) => /* @__PURE__ */ s(w, { children: [page.items.length ? /* @__PURE__ */ s(JobTable, {
			jobs: page.items,
			label: "Jobs"
		}) : /* @__PURE__ */ s(NoJob, {
			isFiltered: isKnown,
			total: page.total
		}), /* @__PURE__ */ s(Pager, {
			offset,
			shown: page.items.length,
			total: page.total,
			limit: LIMIT,
			what: "jobs"
		})] })
	})] });
}
function NoJob({ isFiltered, total }) {
	if (total > 0) return /* @__PURE__ */ s(Empty, {
		title: `The list ends before this page: there are ${count(total)} jobs.`,
		children: /* @__PURE__ */ s("button", {
			type: "button",
			onClick: () => change({ offset: null }),
			children: "First page"
		})
	});
	if (!isFiltered) return /* @__PURE__ */ s(Empty, { title: "No job yet. A file that is published, or a deletion, becomes a job." });
	return /* @__PURE__ */ s(Empty, {
		title: "No job has this status.",
		children: /* @__PURE__ */ s("button", {
			type: "button",
			onClick: () => change({
				status: null,
				offset: null
			}),
			children: "Show all jobs"
		})
	});
}
export { Jobs };
