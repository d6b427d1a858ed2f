import { K as count, Pt as link, R as TableBox, S as JobStatus, Ut as useResource, a as Progress, it as Time, nn as body, nt as Text, tn as api, w as hasEnded } from "./shared.js";
import { t as s } from "./vendor.js";
// src/pages/job-list.tsx
/** Jobs in a table: what they do, how far they are, and what became of their rows. */
var REFRESH_MS = 2e3;
/** Read a page of jobs, the newest first, again and again. */
function useJobs(rules, limit, offset) {
	const filter = rules.length ? JSON.stringify({
		condition: "AND",
		rules
	}) : null;
	return useResource(JSON.stringify([
		filter,
		limit,
		offset
	]), async (signal) => {
		const query = {
			limit,
			offset,
			...filter ? { filter } : {}
		};
		return (await body(api.GET("/v3/jobs", {
			params: { query },
			signal
		}))).data;
	}, REFRESH_MS);
}
function JobTable({ jobs, label }) {
	return /* @__PURE__ */ s(TableBox, {
		label,
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Job"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Model"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Environment"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Status"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				class: "number",
				children: "Rows"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				class: "number",
				children: "Rejected"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Accepted"
			})
		] }) }), /* @__PURE__ */ s("tbody", { children: jobs.map((job) => /* @__PURE__ */ s(Row, { job }, job.id)) })] })
	});
}
function Row({ job }) {
	const { info } = job;
	const rows = info.rows ?? info.deleted_events;
	return /* @__PURE__ */ s("tr", { children: [
		/* @__PURE__ */ s("th", {
			scope: "row",
			children: /* @__PURE__ */ s("a", {
				href: link(`/jobs/${job.id}`),
				children: /* @__PURE__ */ s(Text, { value: job.name })
			})
		}),
		/* @__PURE__ */ s("td", { children: info.model_name ? /* @__PURE__ */ s(Text, { value: info.model_name }) : /* @__PURE__ */ s("span", {
			class: "quiet",
			children: "–"
		}) }),
		/* @__PURE__ */ s("td", { children: info.env_name ? /* @__PURE__ */ s(Text, { value: info.env_name }) : /* @__PURE__ */ s("span", {
			class: "quiet",
			children: "–"
		}) }),
		/* @__PURE__ */ s("td", { children: [
			/* @__PURE__ */ s(JobStatus, { status: job.status }),
			" ",
			!hasEnded(job.status) && /* @__PURE__ */ s(Progress, {
				done: job.progress,
				label: `Progress of ${job.name}`
			})
		] }),
		/* @__PURE__ */ s("td", {
			class: "number",
			children: rows === void 0 ? /* @__PURE__ */ s("span", {
				class: "quiet",
				children: "–"
			}) : count(rows)
		}),
		/* @__PURE__ */ s("td", {
			class: "number",
			children: info.rejected_rows ? count(info.rejected_rows) : /* @__PURE__ */ s("span", {
				class: "quiet",
				children: "–"
			})
		}),
		/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Time, { at: job.created_at }) })
	] });
}
export { useJobs as n, JobTable as t };
