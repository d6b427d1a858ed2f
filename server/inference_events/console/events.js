import { c as O, h as w, l as _, p as y, t as s } from "./vendor.js";
import { A as duration, At as body, B as Time, C as Value, D as hasEnded, H as MenuButton, I as Dialog, K as show, Ot as RequestFailed, P as Copy, R as Text, S as takesValue, St as useAction, Tt as may, Y as linkToPage, _ as rule, _t as useResource, b as filtersOf, bt as Loaded, ct as change, d as Panel, dt as place, f as readSeries, ft as step, g as TableBox, h as operatorsFor, ht as useLive, it as iso, k as count, kt as api, lt as go, m as filterWords, p as WORDS, q as useSelection, v as exactValue, vt as Empty, w as exactText, x as isAboutViolations, y as filterText, yt as Failure, z as plain } from "./shared.js";
import { n as CallDialog, t as Chart } from "./charts.js";
// src/pages/events/filter-value.ts
var NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
var INFINITE = /^([+-]?)inf(inity)?$/i;
/** Read the value of a filter from one or two typed texts. */
function readValue(column, operator, [first = "", second = ""]) {
	if (operator === "between") return all([first, second], column);
	if (operator === "in" || operator === "not_in") return all(parts(first), column);
	return readOne(column, first);
}
/** Read one value of a column. */
function readOne(column, text) {
	const said = text.trim();
	switch (column.data_type) {
		case "int":
		case "float": return readNumber(said);
		case "bool": return /^(true|false)$/i.test(said) ? { value: said.toLowerCase() === "true" } : { fault: "Choose true or false" };
		case "category": return { value: column.categories?.find((one) => String(one) === text) ?? text };
		case "timestamp": return said ? { value: said } : { fault: "Type a time, as 2013-01-31T09:00:00Z" };
		default: return { value: text };
	}
}
function readNumber(text) {
	const infinite = INFINITE.exec(text);
	if (infinite) return { value: infinite[1] === "-" ? "-Infinity" : "Infinity" };
	return NUMBER.test(text) ? { value: exactValue(text) } : { fault: `“${text}” is no number` };
}
function parts(text) {
	return text.split(",").map((one) => one.trim()).filter((one) => one);
}
function all(texts, column) {
	if (!texts.length) return { fault: "Type a value" };
	const values = [];
	for (const text of texts) {
		const read = readOne(column, text);
		if ("fault" in read) return read;
		values.push(read.value);
	}
	return { value: values };
}
// src/pages/events/event-actions.tsx
function CorrectValue({ model, column, event, onClose, onDone }) {
	const stored = event.values[column.name];
	const [text, setText] = _(stored === null || stored === void 0 ? "" : exactText(stored));
	const [isNull, setNull] = _(false);
	const action = useAction();
	const save = async () => {
		const read = isNull ? { value: null } : readOne(column, text);
		if ("fault" in read) throw new RequestFailed(read.fault, 0, null, null);
		const source = {
			type: "EVENTS",
			events: [{
				[model.event_id_col ?? ""]: event.event_id,
				[column.name]: read.value
			}]
		};
		await body(api.PATCH("/v3/events", { body: {
			model_id: model.id,
			env_type: "PRODUCTION",
			source
		} }));
		onDone();
		onClose();
	};
	return /* @__PURE__ */ s(Dialog, {
		title: `Correct ${plain(column.name)}`,
		onClose,
		children: /* @__PURE__ */ s(Form$1, {
			action,
			submit: save,
			label: "Save",
			onClose,
			children: [
				/* @__PURE__ */ s("p", { children: [
					"Stored: ",
					/* @__PURE__ */ s(Value, {
						value: stored,
						isExact: true
					}),
					". Figures follow the new value."
				] }),
				/* @__PURE__ */ s(ValueField, {
					column,
					text,
					change: setText,
					isDisabled: isNull
				}),
				/* @__PURE__ */ s("label", {
					class: "check",
					children: [/* @__PURE__ */ s("input", {
						type: "checkbox",
						checked: isNull,
						onChange: (change) => setNull(change.currentTarget.checked)
					}), "No value (null)"]
				})
			]
		})
	});
}
function ValueField({ column, text, change, isDisabled }) {
	const choices = column.data_type === "bool" ? ["true", "false"] : column.categories?.map(String);
	const id = O();
	return /* @__PURE__ */ s("div", {
		class: "field",
		children: [/* @__PURE__ */ s("label", {
			for: id,
			children: "Value"
		}), choices && choices.length <= 200 ? /* @__PURE__ */ s("select", {
			id,
			value: text,
			disabled: isDisabled,
			onChange: (event) => change(event.currentTarget.value),
			children: [/* @__PURE__ */ s("option", {
				value: "",
				children: "choose"
			}), choices.map((one) => /* @__PURE__ */ s("option", {
				value: one,
				children: one
			}, one))]
		}) : /* @__PURE__ */ s("input", {
			id,
			autofocus: true,
			value: text,
			disabled: isDisabled,
			onInput: (event) => change(event.currentTarget.value)
		})]
	});
}
function DeleteEvent({ model, id, onClose }) {
	const action = useAction();
	const remove = async () => {
		const request = {
			model_id: model.id,
			event_ids: [id]
		};
		const { data } = await body(api.DELETE("/v3/events", { body: request }));
		await endOf(data.job.id);
		go(linkToPage(model.id, "events"));
	};
	return /* @__PURE__ */ s(Dialog, {
		title: "Delete this event?",
		onClose,
		children: /* @__PURE__ */ s(Form$1, {
			action,
			submit: remove,
			label: "Delete 1 event",
			onClose,
			isDangerous: true,
			children: /* @__PURE__ */ s("p", { children: [
				"The event ",
				/* @__PURE__ */ s(Text, { value: id }),
				" is deleted for good, and all figures are computed without it."
			] })
		})
	});
}
/** Wait for the end of a job. Throws RequestFailed if it fails. */
async function endOf(jobId) {
	const params = { path: { job_id: jobId } };
	for (;;) {
		const job = (await body(api.GET("/v3/jobs/{job_id}", { params }))).data;
		if (job.status === "FAILURE") throw new RequestFailed(job.error_message ?? "The job failed", 0, null, null);
		if (hasEnded(job.status)) return;
		await new Promise((resolve) => setTimeout(resolve, 300));
	}
}
function Form$1({ action, submit, label, onClose, isDangerous = false, children }) {
	const send = (event) => {
		event.preventDefault();
		action.run(submit);
	};
	return /* @__PURE__ */ s("form", {
		class: "form",
		onSubmit: send,
		children: [
			children,
			action.error && /* @__PURE__ */ s(Failure, { error: action.error }),
			/* @__PURE__ */ s("footer", {
				class: "dialog-foot",
				children: [/* @__PURE__ */ s("button", {
					type: "button",
					onClick: onClose,
					children: "Cancel"
				}), /* @__PURE__ */ s("button", {
					type: "submit",
					class: isDangerous ? "danger" : "main",
					disabled: action.isRunning,
					children: label
				})]
			})
		]
	});
}
var MAX_AT_ONCE = 300;
/** Return which events the selection has. */
function environmentBody({ modelId, environment }) {
	return environment.type === "PRODUCTION" ? {
		model_id: modelId,
		env_type: "PRODUCTION"
	} : {
		model_id: modelId,
		env_type: "PRE_PRODUCTION",
		env_name: environment.name
	};
}
/** Return the request for all events of the selection that fulfil filters. */
function eventsBody(selection, filters) {
	const { start, end } = selection.bounds;
	const time_range = {
		start_time: iso(start),
		end_time: iso(end)
	};
	return {
		...environmentBody(selection),
		time_range,
		...filters.length ? { filters } : {}
	};
}
/** Return the request for a page. */
function pageBody(selection, wanted) {
	return {
		...eventsBody(selection, wanted.filters),
		order: wanted.order,
		columns: wanted.columns,
		preview: 80,
		limit: 50,
		...wanted.cursor ? { cursor: wanted.cursor } : {}
	};
}
/** Read a page of events. Throws RequestFailed. */
async function readEvents(request, signal) {
	return (await body(api.POST("/v3/events/query", {
		body: request,
		signal
	}))).data;
}
/** Return the columns of a list unless others are chosen: filtered ones, outputs, targets, then inputs and the rest. */
function usualColumns(model, filters) {
	const { spec, schema } = model;
	const filtered = filters.flatMap(({ column }) => column ?? []);
	const roles = [
		spec.outputs,
		spec.targets,
		spec.inputs,
		spec.decisions,
		spec.metadata
	].flatMap((names) => names ?? []);
	const all = schema.columns.map(({ name }) => name);
	const known = new Set(all);
	const shown = [
		...filtered,
		...roles,
		...all
	].filter((name) => known.has(name) && !isShownAnyway(model, name));
	return [...new Set(shown)].slice(0, 10);
}
/** Return whether a model has so many columns that an event is read with a part of them. */
function isWide(model) {
	return model.schema.columns.length > MAX_AT_ONCE;
}
/** Return the request for an event, with some columns or all. */
function eventBody(selection, id, columns) {
	return {
		...environmentBody(selection),
		event_ids: [id],
		...columns ? { columns } : {}
	};
}
/** Return whether a column is the id or the time, which each row has. */
function isShownAnyway(model, name) {
	return name === model.event_id_col || name === model.event_ts_col;
}
// src/pages/events/event-values.tsx
/** The values of an event by role: type, rule, violation with the value that was sent, and when a label came. */
var ROLES = [
	"outputs",
	"targets",
	"inputs",
	"decisions",
	"metadata"
];
var SHOWN = 100;
function EventValues(props) {
	const { model, event } = props;
	const [search, setSearch] = _("");
	const [isOnlyBad, setOnlyBad] = _(false);
	const bad = new Set(event.violations.map(({ column }) => column));
	const isShown = ({ name }) => name.toLowerCase().includes(search.toLowerCase()) && (!isOnlyBad || bad.has(name));
	const found = model.schema.columns.filter(isShown);
	return /* @__PURE__ */ s("section", { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h2", { children: ["Values ", /* @__PURE__ */ s("span", {
					class: "quiet",
					children: count(model.schema.columns.length)
				})] }),
				/* @__PURE__ */ s("input", {
					type: "search",
					class: "search",
					"aria-label": "Search columns",
					placeholder: "Search columns",
					value: search,
					onInput: (event) => setSearch(event.currentTarget.value)
				}),
				/* @__PURE__ */ s("label", {
					class: "check",
					children: [
						/* @__PURE__ */ s("input", {
							type: "checkbox",
							checked: isOnlyBad,
							onChange: (event) => setOnlyBad(event.currentTarget.checked)
						}),
						"Violations only (",
						count(event.violations.length),
						")"
					]
				})
			]
		}),
		found.length ? /* @__PURE__ */ s(Roles, {
			...props,
			columns: found
		}) : /* @__PURE__ */ s("p", {
			class: "quiet",
			children: "No column is like this."
		}),
		/* @__PURE__ */ s(Undeclared, {
			model,
			event
		})
	] });
}
function Roles({ columns, ...props }) {
	const [limit, setLimit] = _(SHOWN);
	const shown = byRole(props.model, columns).slice(0, limit);
	return /* @__PURE__ */ s(w, { children: [isWide(props.model) ? /* @__PURE__ */ s(PartOfValues, {
		...props,
		shown
	}) : /* @__PURE__ */ s(Values, {
		...props,
		shown
	}), columns.length > limit && /* @__PURE__ */ s("button", {
		type: "button",
		onClick: () => setLimit(limit + SHOWN),
		children: [
			"Show ",
			SHOWN,
			" more of ",
			count(columns.length)
		]
	})] });
}
/** Values of an event that has so many that only those which are shown are read. */
function PartOfValues({ shown, ...props }) {
	const selection = useSelection();
	const request = eventBody(selection, props.event.event_id, shown.map(({ column }) => column.name));
	const part = useLive(JSON.stringify(request), selection.revision, (signal) => readEvents(request, signal));
	return /* @__PURE__ */ s(Loaded, {
		resource: part,
		children: ({ items: [event] }) => event && /* @__PURE__ */ s(Values, {
			...props,
			event,
			shown
		})
	});
}
function Values({ shown, ...props }) {
	return /* @__PURE__ */ s(TableBox, {
		label: "Values",
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Column"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Role"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Value"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Violation"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Type"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Allowed"
			})
		] }) }), /* @__PURE__ */ s("tbody", { children: shown.map(({ column, role }) => /* @__PURE__ */ s(Row, {
			column,
			role,
			...props
		}, column.name)) })] })
	});
}
/** Put the columns into the order of their roles, each as the schema has them. */
function byRole(model, columns) {
	const roles = /* @__PURE__ */ new Map();
	for (const role of ROLES) for (const name of model.spec[role] ?? []) if (!roles.has(name)) roles.set(name, role);
	const of = (column) => roles.get(column.name) ?? "other";
	return [...ROLES, "other"].flatMap((role) => columns.filter((column) => of(column) === role).map((column) => ({
		column,
		role
	})));
}
function Row({ column, role, model, event, isProduction, reload }) {
	const [isOpen, setOpen] = _(false);
	const violation = event.violations.find((one) => one.column === column.name);
	const isAwaited = role === "targets" && violation?.kind === "missing";
	const labelled = event.labelled_at[column.name];
	const canCorrect = (role === "targets" || role === "metadata") && !isShownAnyway(model, column.name) && isProduction && model.event_id_col !== null && may("ingest");
	return /* @__PURE__ */ s("tr", { children: [
		/* @__PURE__ */ s("th", {
			scope: "row",
			children: /* @__PURE__ */ s(Text, { value: column.name })
		}),
		/* @__PURE__ */ s("td", {
			class: "quiet",
			children: role.replace(/s$/, "")
		}),
		/* @__PURE__ */ s("td", {
			class: "value",
			children: [
				/* @__PURE__ */ s(Value, {
					value: event.values[column.name],
					isExact: true
				}),
				" ",
				canCorrect && column.data_type !== "vector" && /* @__PURE__ */ s("button", {
					type: "button",
					class: "small",
					"aria-label": `Correct ${column.name}`,
					onClick: () => setOpen(true),
					children: "Correct"
				}),
				isOpen && /* @__PURE__ */ s(CorrectValue, {
					model,
					column,
					event,
					onClose: () => setOpen(false),
					onDone: reload
				}),
				labelled && /* @__PURE__ */ s("span", {
					class: "line quiet small",
					children: ["labelled ", /* @__PURE__ */ s(Time, { at: labelled })]
				})
			]
		}),
		/* @__PURE__ */ s("td", {
			class: "value",
			children: isAwaited ? /* @__PURE__ */ s("span", {
				class: "quiet",
				children: "no label yet"
			}) : violation && /* @__PURE__ */ s(Violation, {
				of: violation,
				model
			})
		}),
		/* @__PURE__ */ s("td", { children: column.data_type }),
		/* @__PURE__ */ s("td", {
			class: "value",
			children: /* @__PURE__ */ s(Text, { value: rule(column) })
		})
	] });
}
function Violation({ of, model }) {
	const alike = filterText({
		column: of.column,
		operator: "any_violation",
		kind: of.kind
	});
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("a", {
		class: "fault",
		href: linkToPage(model.id, "events", null, { f: [alike] }),
		title: "Events with this violation",
		children: of.kind
	}), "value" in of && /* @__PURE__ */ s(w, { children: [
		" ",
		/* @__PURE__ */ s("span", {
			class: "quiet",
			children: "sent:"
		}),
		" ",
		/* @__PURE__ */ s(Value, {
			value: of.value,
			isExact: true
		})
	] })] });
}
function Undeclared({ model, event }) {
	const names = Object.keys(event.undeclared);
	if (!names.length) return null;
	return /* @__PURE__ */ s("section", { children: [
		/* @__PURE__ */ s("h2", { children: ["Undeclared columns ", /* @__PURE__ */ s("span", {
			class: "quiet",
			children: count(names.length)
		})] }),
		/* @__PURE__ */ s(TableBox, {
			label: "Undeclared columns",
			children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Column"
			}), /* @__PURE__ */ s("th", {
				scope: "col",
				children: "Value"
			})] }) }), /* @__PURE__ */ s("tbody", { children: names.slice(0, SHOWN).map((name) => /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
				scope: "row",
				children: /* @__PURE__ */ s("a", {
					href: linkToPage(model.id, "events", null, { f: [filterText({
						column: name,
						operator: "exists"
					})] }),
					children: /* @__PURE__ */ s(Text, { value: name })
				})
			}), /* @__PURE__ */ s("td", {
				class: "value",
				children: /* @__PURE__ */ s(Value, {
					value: event.undeclared[name],
					isExact: true
				})
			})] }, name)) })] })
		}),
		names.length > SHOWN && /* @__PURE__ */ s("p", {
			class: "quiet",
			children: [count(names.length - SHOWN), " more: see the API call."]
		})
	] });
}
// src/pages/events/listed.ts
/** The events of the list that was shown last, for the way to the next and the previous one. */
var listed = [];
/** Remember the ids of a list. */
function remember(ids) {
	listed = ids;
}
/** Return the ids before and after an event in the list, null where there is none. */
function neighbours(id) {
	const place = listed.indexOf(id);
	if (place < 0) return {
		before: null,
		after: null,
		place: -1,
		of: listed.length
	};
	return {
		before: listed[place - 1] ?? null,
		after: listed[place + 1] ?? null,
		place,
		of: listed.length
	};
}
// src/pages/events/event.tsx
/** One event: its times, and its values by role with what the schema says about them. */
function EventPage({ model, id }) {
	const selection = useSelection();
	const request = eventBody(selection, id, isWide(model) ? [] : void 0);
	const event = useLive(JSON.stringify(request), selection.revision, async (signal) => {
		return (await readEvents(request, signal)).items[0] ?? null;
	});
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s(Way, {
		model,
		id
	}), /* @__PURE__ */ s(Loaded, {
		resource: event,
		children: (found) => found ? /* @__PURE__ */ s(Shown, {
			model,
			event: found,
			reload: event.reload
		}) : /* @__PURE__ */ s(Empty, {
			title: `There is no event “${plain(id)}” in ${selection.environment.name}.`,
			children: /* @__PURE__ */ s("a", {
				href: linkToPage(model.id, "events"),
				children: "All events"
			})
		})
	})] });
}
/** The list, and the events before and after this one in it. */
function Way({ model, id }) {
	const { before, after, place, of } = neighbours(id);
	const to = (other) => linkToPage(model.id, "events", other);
	return /* @__PURE__ */ s("nav", {
		class: "pager",
		"aria-label": "Events of the list",
		children: [/* @__PURE__ */ s("a", {
			href: linkToPage(model.id, "events"),
			children: "Events"
		}), place >= 0 && /* @__PURE__ */ s(w, { children: [
			/* @__PURE__ */ s("span", { children: [
				place + 1,
				" of ",
				of,
				" on the page"
			] }),
			before !== null && /* @__PURE__ */ s("a", {
				href: to(before),
				rel: "prev",
				children: "Previous"
			}),
			after !== null && /* @__PURE__ */ s("a", {
				href: to(after),
				rel: "next",
				children: "Next"
			})
		] })]
	});
}
function Shown({ model, event, reload }) {
	const selection = useSelection();
	const [open, setOpen] = _(null);
	const isProduction = selection.environment.type === "PRODUCTION";
	const close = () => setOpen(null);
	const call = {
		path: "/v3/events/query",
		body: eventBody(selection, event.event_id)
	};
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h1", { children: /* @__PURE__ */ s(Text, { value: event.event_id }) }),
				/* @__PURE__ */ s(Copy, {
					text: event.event_id,
					what: "id of the event"
				}),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				/* @__PURE__ */ s("button", {
					type: "button",
					class: "small",
					onClick: () => setOpen("call"),
					children: "As API call"
				}),
				isProduction && may("ingest") && /* @__PURE__ */ s("button", {
					type: "button",
					class: "small",
					onClick: () => setOpen("delete"),
					children: "Delete"
				})
			]
		}),
		/* @__PURE__ */ s(Times, { event }),
		/* @__PURE__ */ s(EventValues, {
			model,
			event,
			isProduction,
			reload
		}),
		open === "call" && /* @__PURE__ */ s(CallDialog, {
			call,
			revision: selection.revision,
			onClose: close
		}),
		open === "delete" && /* @__PURE__ */ s(DeleteEvent, {
			model,
			id: event.event_id,
			onClose: close
		})
	] });
}
function Times({ event }) {
	const lag = (Date.parse(event.received_at) - Date.parse(event.timestamp)) / 1e3;
	return /* @__PURE__ */ s("dl", {
		class: "facts",
		children: [
			/* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: "Event time" }), /* @__PURE__ */ s("dd", { children: /* @__PURE__ */ s(Time, {
				at: event.timestamp,
				isExact: true
			}) })] }),
			/* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: "Received" }), /* @__PURE__ */ s("dd", { children: [
				/* @__PURE__ */ s(Time, {
					at: event.received_at,
					isExact: true
				}),
				" ",
				/* @__PURE__ */ s("span", {
					class: "quiet",
					children: lag >= 0 ? `${duration(lag)} later` : `${duration(-lag)} before its time`
				})
			] })] }),
			/* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: "Last changed" }), /* @__PURE__ */ s("dd", { children: /* @__PURE__ */ s(Time, {
				at: event.updated_at,
				isExact: true,
				none: "never"
			}) })] })
		]
	});
}
// src/pages/events/column-chooser.tsx
/** Choose the columns of the list, among thousands by a part of their name. The choice is part of the address. */
var MATCHES$1 = 50;
var MAX_CHOSEN = 50;
function ColumnChooser({ model, chosen, isUsual }) {
	const [search, setSearch] = _("");
	const all = model.schema.columns.filter(({ name }) => !isShownAnyway(model, name));
	const found = all.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
	const ordered = search ? found : [...found].sort((a, b) => rank(chosen, a.name) - rank(chosen, b.name));
	const toggle = (name) => change({ columns: chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name] });
	return /* @__PURE__ */ s(MenuButton, {
		label: `Columns ${chosen.length}: choose those of the list`,
		text: `Columns ${chosen.length}`,
		isForm: true,
		children: /* @__PURE__ */ s("div", {
			class: "form chooser",
			children: [
				/* @__PURE__ */ s("input", {
					type: "search",
					"aria-label": "Search columns",
					placeholder: `Search ${count(all.length)} columns`,
					value: search,
					onInput: (event) => setSearch(event.currentTarget.value)
				}),
				/* @__PURE__ */ s("div", {
					class: "choices",
					children: ordered.slice(0, MATCHES$1).map(({ name }) => /* @__PURE__ */ s("label", {
						class: "check",
						children: [/* @__PURE__ */ s("input", {
							type: "checkbox",
							checked: chosen.includes(name),
							disabled: !chosen.includes(name) && chosen.length >= MAX_CHOSEN,
							onChange: () => toggle(name)
						}), /* @__PURE__ */ s(Text, { value: name })]
					}, name))
				}),
				ordered.length > MATCHES$1 && /* @__PURE__ */ s("p", {
					class: "quiet small",
					children: [count(ordered.length - MATCHES$1), " more match"]
				}),
				!isUsual && /* @__PURE__ */ s("button", {
					type: "button",
					class: "small",
					onClick: () => change({ columns: null }),
					children: "Usual columns"
				})
			]
		})
	});
}
function rank(chosen, name) {
	const place = chosen.indexOf(name);
	return place < 0 ? chosen.length : place;
}
// src/pages/events/count.tsx
/** How many events the list has on all pages. They are counted apart from the rows, which do not wait for it. */
function Total({ selection, filters, listKey }) {
	const [exact, setExact] = _("");
	const kind = exact === listKey ? "exact" : "bounded";
	const request = {
		...eventsBody(selection, filters),
		limit: 1,
		columns: [],
		count: kind
	};
	const { data, error, isLoading } = useLive(`${kind} ${listKey}`, selection.revision, (signal) => readEvents({
		...request,
		columns: []
	}, signal));
	if (error) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "not counted"
	});
	if (data?.total === void 0) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: isLoading ? "counting" : ""
	});
	const isExact = data.total_is === "exact";
	return /* @__PURE__ */ s("span", {
		class: "quiet",
		role: "status",
		children: [
			isExact ? count(data.total) : `more than ${count(data.total)}`,
			" ",
			filters.length ? "match" : "in this range",
			" ",
			!isExact && /* @__PURE__ */ s("button", {
				type: "button",
				class: "link",
				onClick: () => setExact(listKey),
				children: "count all"
			})
		]
	});
}
// src/pages/events/cursor.tsx
/** The way through the pages of a list by cursors. */
/** How many pages the browser's way back leads to. */
var steps = 0;
/** Go to the first page. */
function goFirst() {
	steps = 0;
	if (place.value.query.has("cursor")) change({ cursor: null });
}
function Cursor({ next, shown }) {
	const isFirst = !place.value.query.has("cursor");
	const forth = () => {
		steps++;
		step({ cursor: next });
	};
	const back = () => {
		if (steps === 0) return goFirst();
		steps--;
		history.back();
	};
	return /* @__PURE__ */ s("nav", {
		class: "pager",
		"aria-label": "Pages of events",
		children: [/* @__PURE__ */ s("span", {
			role: "status",
			children: [count(shown), " events on this page"]
		}), !(isFirst && next === null) && /* @__PURE__ */ s(w, { children: [
			/* @__PURE__ */ s("button", {
				type: "button",
				class: "small",
				disabled: isFirst,
				onClick: goFirst,
				children: "First"
			}),
			/* @__PURE__ */ s("button", {
				type: "button",
				class: "small",
				disabled: isFirst,
				onClick: back,
				children: "Previous"
			}),
			/* @__PURE__ */ s("button", {
				type: "button",
				class: "small",
				disabled: next === null,
				onClick: forth,
				children: "Next"
			})
		] })]
	});
}
// src/pages/events/filter-form.tsx
/** The form that makes a filter: a column, an operator that fits its type, and a value of that type. */
var MATCHES = 50;
var KINDS = [
	"missing",
	"type",
	"range"
];
function AddFilter({ model, add }) {
	const [round, setRound] = _(0);
	const done = (filter) => {
		add(filter);
		setRound(round + 1);
	};
	return /* @__PURE__ */ s(MenuButton, {
		label: "Add a filter",
		text: "+ Filter",
		isForm: true,
		children: /* @__PURE__ */ s(Form, {
			model,
			add: done
		})
	}, round);
}
function Form({ model, add }) {
	const [name, setName] = _("");
	const [operator, setOperator] = _("any_violation");
	const [kind, setKind] = _("");
	const [texts, setTexts] = _(["", ""]);
	const [fault, setFault] = _(null);
	const column = model.schema.columns.find((one) => one.name === name);
	const operators = operatorsFor(name === "" ? null : column?.data_type);
	const chosen = operators.includes(operator) ? operator : operators[0] ?? "any_violation";
	const submit = (event) => {
		event.preventDefault();
		const made = {
			operator: chosen,
			...name ? { column: name } : {},
			...kind && { kind }
		};
		if (!isAboutViolations(chosen)) delete made.kind;
		if (!takesValue(chosen) || !column) return add(made);
		const read = readValue(column, chosen, texts);
		if ("fault" in read) setFault(read.fault);
		else add({
			...made,
			value: read.value
		});
	};
	return /* @__PURE__ */ s("form", {
		class: "form filter-form",
		onSubmit: submit,
		children: [
			/* @__PURE__ */ s(ColumnChoice, {
				model,
				name,
				choose: setName
			}),
			/* @__PURE__ */ s("label", { children: ["Condition", /* @__PURE__ */ s("select", {
				value: chosen,
				onChange: (event) => setOperator(event.currentTarget.value),
				children: operators.map((one) => /* @__PURE__ */ s("option", {
					value: one,
					children: WORDS[one]
				}, one))
			})] }),
			isAboutViolations(chosen) && /* @__PURE__ */ s(KindChoice, {
				kind,
				choose: setKind
			}),
			takesValue(chosen) && column && /* @__PURE__ */ s(ValueFields, {
				column,
				operator: chosen,
				texts,
				change: setTexts
			}),
			fault && /* @__PURE__ */ s("p", {
				class: "fault",
				role: "alert",
				children: fault
			}),
			/* @__PURE__ */ s("button", {
				type: "submit",
				class: "main",
				children: "Add filter"
			})
		]
	});
}
function ColumnChoice({ model, name, choose }) {
	const id = O();
	const wanted = name.toLowerCase();
	const matches = model.schema.columns.filter((one) => one.name.toLowerCase().includes(wanted)).slice(0, MATCHES);
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("label", { children: ["Column", /* @__PURE__ */ s("input", {
		list: id,
		placeholder: "any column",
		autocomplete: "off",
		value: name,
		onInput: (event) => choose(event.currentTarget.value)
	})] }), /* @__PURE__ */ s("datalist", {
		id,
		children: matches.map((one) => /* @__PURE__ */ s("option", {
			value: one.name,
			children: one.data_type
		}, one.name))
	})] });
}
function KindChoice({ kind, choose }) {
	return /* @__PURE__ */ s("label", { children: ["Kind of violation", /* @__PURE__ */ s("select", {
		value: kind,
		onChange: (event) => choose(event.currentTarget.value),
		children: [/* @__PURE__ */ s("option", {
			value: "",
			children: "any"
		}), KINDS.map((one) => /* @__PURE__ */ s("option", {
			value: one,
			children: one
		}, one))]
	})] });
}
function ValueFields({ column, operator, texts, change }) {
	const [first = "", second = ""] = texts;
	const choices = choicesOf(column);
	if (choices && (operator === "eq" || operator === "ne")) return /* @__PURE__ */ s("label", { children: ["Value", /* @__PURE__ */ s("select", {
		value: first,
		onChange: (event) => change([event.currentTarget.value, second]),
		children: [/* @__PURE__ */ s("option", {
			value: "",
			children: "choose"
		}), choices.map((one) => /* @__PURE__ */ s("option", {
			value: one,
			children: one
		}, one))]
	})] });
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("label", { children: [operator === "in" || operator === "not_in" ? "Values, with commas between" : operator === "between" ? "From" : "Value", /* @__PURE__ */ s("input", {
		value: first,
		onInput: (event) => change([event.currentTarget.value, second])
	})] }), operator === "between" && /* @__PURE__ */ s("label", { children: ["To, included", /* @__PURE__ */ s("input", {
		value: second,
		onInput: (event) => change([first, event.currentTarget.value])
	})] })] });
}
/** Return the values to choose from as they are typed, null if there are too many or any is possible. */
function choicesOf(column) {
	if (column.data_type === "bool") return ["true", "false"];
	const { categories } = column;
	return categories && categories.length <= 200 ? categories.map(String) : null;
}
// src/pages/events/filter-bar.tsx
/** The filters of a list of events, each of which can be lifted, and the form that adds one. */
function FilterBar({ model, filters }) {
	return /* @__PURE__ */ s("fieldset", {
		class: "filters",
		"aria-label": "Filters",
		children: [filters.map((filter) => /* @__PURE__ */ s("span", {
			class: "filter",
			children: [/* @__PURE__ */ s(Text, { value: filterWords(filter) }), /* @__PURE__ */ s("button", {
				type: "button",
				"aria-label": `Remove the filter ${filterWords(filter)}`,
				onClick: () => showFilters(filters.filter((one) => one !== filter)),
				children: "×"
			})]
		}, filterText(filter))), /* @__PURE__ */ s(AddFilter, {
			model,
			add: (filter) => showFilters([...filters, filter])
		})]
	});
}
/** Show the events that fulfil these filters, from the first page on. */
function showFilters(filters) {
	step({
		f: filters.map(filterText),
		cursor: null
	});
}
// src/pages/events/histogram.tsx
/** All events of the range by time, and those with a violation. A drag over it shows a part of the range. */
function Histogram({ selection, isFiltered }) {
	const series = useLive(selection.key, selection.revision, (signal) => readSeries(selection, [{ measure: "count" }, { measure: "violations" }], { max_bins: 120 }, signal));
	const title = isFiltered ? "Events of the range, without the filters" : "Events of the range";
	return /* @__PURE__ */ s(Panel, {
		title,
		resource: series,
		isLow: true,
		children: (found) => /* @__PURE__ */ s(Chart, {
			title,
			unit: "events",
			data: chartData(found),
			span: [0, null],
			write: count,
			call: found.call,
			revision: found.now.data_revision,
			height: 96
		})
	});
}
function chartData({ now }) {
	const group = now.groups[0];
	const rows = group?.rows ?? [];
	const violations = group?.measures[1]?.values ?? [];
	return {
		edges: now.edges,
		complete: now.complete,
		binSize: now.bin_size,
		rows,
		series: [{
			name: "events",
			values: rows,
			form: "bars"
		}, {
			name: "violations",
			values: violations
		}]
	};
}
// src/pages/events/news.tsx
/** New events wait behind a button, so that rows do not move under one's eyes. */
function News({ loaded, selection, isEmpty, reload }) {
	const { environment, revision } = selection;
	const isOld = loaded !== void 0 && loaded.revision !== revision;
	y(() => {
		if (isOld && isEmpty) reload();
	}, [
		isOld,
		isEmpty,
		revision
	]);
	if (!isOld || isEmpty) return null;
	const more = environment.is_exact ? environment.events - loaded.events : 0;
	const follow = () => {
		goFirst();
		reload();
	};
	return /* @__PURE__ */ s("p", {
		class: "news",
		role: "status",
		children: /* @__PURE__ */ s("button", {
			type: "button",
			class: "small",
			onClick: follow,
			children: more > 0 ? `${count(more)} new ${more === 1 ? "event" : "events"}: show` : "Events have changed: show"
		})
	});
}
// src/pages/events/table.tsx
var NUMBERS = /* @__PURE__ */ new Set(["int", "float"]);
function EventTable({ model, events, columns, order }) {
	const types = new Map(model.schema.columns.map(({ name, data_type }) => [name, data_type]));
	const targets = new Set(model.spec.targets ?? []);
	const isNumber = (name) => NUMBERS.has(types.get(name) ?? "");
	return /* @__PURE__ */ s(TableBox, {
		label: "Events",
		children: /* @__PURE__ */ s("table", {
			class: "events",
			children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
				/* @__PURE__ */ s(TimeHead, { order }),
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: "Id"
				}),
				columns.map((name) => /* @__PURE__ */ s("th", {
					scope: "col",
					class: isNumber(name) ? "number" : "",
					children: /* @__PURE__ */ s(Text, { value: name })
				}, name)),
				/* @__PURE__ */ s("th", {
					scope: "col",
					children: "Violations"
				})
			] }) }), /* @__PURE__ */ s("tbody", { children: events.map((event) => /* @__PURE__ */ s("tr", { children: [
				/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s("a", {
					href: linkToPage(model.id, "events", event.event_id),
					children: /* @__PURE__ */ s(Time, { at: event.timestamp })
				}) }),
				/* @__PURE__ */ s("th", {
					scope: "row",
					children: /* @__PURE__ */ s(Text, { value: event.event_id })
				}),
				columns.map((name) => /* @__PURE__ */ s(Cell, {
					event,
					name,
					isNumber: isNumber(name),
					isTarget: targets.has(name)
				}, name)),
				/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Violations, {
					of: event.violations,
					targets
				}) })
			] }, event.event_id)) })]
		})
	});
}
function TimeHead({ order }) {
	const isUp = order === "asc";
	return /* @__PURE__ */ s("th", {
		scope: "col",
		"aria-sort": isUp ? "ascending" : "descending",
		children: /* @__PURE__ */ s("button", {
			type: "button",
			class: "sort",
			onClick: () => change({
				sort: isUp ? null : "timestamp",
				cursor: null
			}),
			title: isUp ? "Show the newest first" : "Show the oldest first",
			children: ["Event time", /* @__PURE__ */ s("span", {
				"aria-hidden": "true",
				class: "arrow",
				children: isUp ? "↑" : "↓"
			})]
		})
	});
}
function Cell({ event, name, isNumber, isTarget }) {
	const violation = event.violations.find((one) => one.column === name);
	const value = event.values[name];
	const isCut = event.shortened?.includes(name) ?? false;
	if (violation?.kind === "missing" && isTarget) return /* @__PURE__ */ s("td", {
		class: "quiet",
		children: "no label yet"
	});
	const isRaw = violation !== void 0 && "value" in violation && (value === null || value === void 0);
	return /* @__PURE__ */ s("td", {
		class: `${isNumber ? "number" : ""} ${violation ? "violated" : ""}`,
		children: violation?.kind === "missing" ? "missing" : /* @__PURE__ */ s(Value, {
			value: isRaw ? violation.value : value,
			isCut
		})
	});
}
function Violations({ of, targets }) {
	const shown = of.filter(({ column, kind }) => kind !== "missing" || !targets.has(column));
	if (!shown.length) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: "–"
	});
	const [first] = shown;
	return /* @__PURE__ */ s("span", {
		class: "fault",
		children: [first && /* @__PURE__ */ s(w, { children: [
			/* @__PURE__ */ s(Text, { value: first.column }),
			" ",
			first.kind
		] }), shown.length > 1 && ` and ${shown.length - 1} more`]
	});
}
// src/pages/events/list.tsx
/** The events of a range, the newest first, as pages that follow a cursor. New ones wait until they are asked for. */
function EventList({ model }) {
	const selection = useSelection();
	const { filters, broken } = filtersOf(place.value.query);
	const { wanted, isUsual, unknown } = wantedOf(model, filters);
	const key = listKey(selection, wanted);
	const page = useResource(`${key} ${wanted.cursor}`, async (signal) => {
		const { revision, environment } = selection;
		return {
			revision,
			events: environment.events,
			...await readEvents(pageBody(selection, wanted), signal)
		};
	});
	useFirstPageOf(key);
	y(() => remember(page.data?.items.map((event) => event.event_id) ?? []), [page.data]);
	const isEmpty = page.data?.items.length === 0 && !wanted.cursor;
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h1", { children: "Events" }),
				/* @__PURE__ */ s(Total, {
					selection,
					filters,
					listKey: key
				}),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				/* @__PURE__ */ s(ColumnChooser, {
					model,
					chosen: wanted.columns,
					isUsual
				})
			]
		}),
		/* @__PURE__ */ s(Ignored, { texts: [...broken, ...unknown] }),
		/* @__PURE__ */ s(FilterBar, {
			model,
			filters
		}),
		/* @__PURE__ */ s(Histogram, {
			selection,
			isFiltered: filters.length > 0
		}),
		/* @__PURE__ */ s(News, {
			loaded: page.data,
			selection,
			isEmpty,
			reload: page.reload
		}),
		/* @__PURE__ */ s(Loaded, {
			resource: page,
			children: (found) => found.items.length ? /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s(EventTable, {
				model,
				events: found.items,
				columns: wanted.columns,
				order: wanted.order
			}), /* @__PURE__ */ s(Cursor, {
				next: found.next_cursor,
				shown: found.items.length
			})] }) : /* @__PURE__ */ s(Nothing, {
				filters,
				selection,
				next: found.next_cursor,
				isFirst: !wanted.cursor
			})
		})
	] });
}
function wantedOf(model, filters) {
	const { query } = place.value;
	const named = query.getAll("columns");
	const known = new Set(named.length ? model.schema.columns.map(({ name }) => name) : []);
	const chosen = named.filter((name) => known.has(name));
	return {
		wanted: {
			filters,
			columns: chosen.length ? chosen : usualColumns(model, filters),
			order: query.get("sort") === "timestamp" ? "asc" : "desc",
			cursor: query.get("cursor")
		},
		isUsual: !chosen.length,
		unknown: named.filter((name) => !known.has(name))
	};
}
/** Return what the list shows on all its pages. Time that passes is no part of it. */
function listKey({ modelId, environment, range, bounds }, { filters, columns, order }) {
	const start = range.from === "all" ? bounds.start : 0;
	return JSON.stringify([
		modelId,
		environment.id,
		range,
		start,
		filters.map(filterText),
		columns,
		order
	]);
}
/** Go to the first page if the list is another one: a cursor belongs to the list that it came from. */
function useFirstPageOf(key) {
	y(() => () => goFirst(), [key]);
}
function Ignored({ texts }) {
	return /* @__PURE__ */ s(w, { children: texts.map((text) => /* @__PURE__ */ s("p", {
		class: "notice",
		role: "status",
		children: [
			"“",
			text,
			"” in the address is no filter and no column of this model, so it is ignored."
		]
	}, text)) });
}
/** Say why there is no event, and the way to some. */
function Nothing({ filters, selection, next, isFirst }) {
	if (next !== null) return /* @__PURE__ */ s(Empty, {
		title: "No event was found so far. The search took long, so it paused.",
		children: /* @__PURE__ */ s("button", {
			type: "button",
			onClick: () => change({ cursor: next }),
			children: "Search on"
		})
	});
	if (!isFirst) return /* @__PURE__ */ s(Empty, {
		title: "There are no more events.",
		children: /* @__PURE__ */ s("button", {
			type: "button",
			onClick: goFirst,
			children: "First page"
		})
	});
	if (filters.length) return /* @__PURE__ */ s(Empty, {
		title: filters.length > 1 ? "No event of this range fulfils all these filters." : "No event of this range fulfils this filter.",
		children: [/* @__PURE__ */ s("button", {
			type: "button",
			onClick: () => showFilters([]),
			children: ["Remove ", filters.length > 1 ? "the filters" : "the filter"]
		}), /* @__PURE__ */ s(ShowAll, { selection })]
	});
	return /* @__PURE__ */ s(Empty, {
		title: "There is no event in this range.",
		children: [/* @__PURE__ */ s("button", {
			type: "button",
			class: "main",
			onClick: () => change({
				from: null,
				to: null
			}),
			children: "Go to the newest events"
		}), /* @__PURE__ */ s(ShowAll, { selection })]
	});
}
function ShowAll({ selection: { range } }) {
	if (range.from === "all") return null;
	return /* @__PURE__ */ s("button", {
		type: "button",
		onClick: () => show({
			from: "all",
			to: "now"
		}),
		children: "Search all events, of any time"
	});
}
// src/pages/events.tsx
function Events({ model, item }) {
	return item === null ? /* @__PURE__ */ s(EventList, { model }) : /* @__PURE__ */ s(EventPage, {
		model,
		id: item
	}, item);
}
export { Events };
