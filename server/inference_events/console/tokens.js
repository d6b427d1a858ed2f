import { _ as w, t as s, u as _ } from "./vendor.js";
import { A as Dialog, Dt as may, M as Text, Mt as body, N as plain, O as Copy, Ot as session, P as Time, Q as useResource, St as Loaded, _ as ordering, b as Pager, bt as Empty, g as SortHead, h as TableBox, it as change, jt as api, p as Search, st as place, wt as useAction, xt as Failure } from "./shared.js";
// src/pages/token-dialogs.tsx
var SCOPES = {
	ingest: "publishes, updates and deletes events, and uploads files",
	manage: "creates, changes and deletes projects, models, baselines, segments and custom metrics",
	read: "reads and downloads everything",
	admin: "may do all, and manages tokens"
};
var DAYS = {
	"": "Never",
	"7": "In 7 days",
	"30": "In 30 days",
	"90": "In 90 days",
	"365": "In a year"
};
function CreateToken({ onClose, onMade }) {
	const [name, setName] = _("");
	const [scopes, setScopes] = _(["read"]);
	const [days, setDays] = _("");
	const [projects, setProjects] = _([]);
	const action = useAction();
	const create = async () => {
		const token = {
			name,
			scopes,
			project_ids: projects.length ? projects : null,
			expires_at: days ? new Date(Date.now() + Number(days) * 864e5).toISOString() : null
		};
		onMade((await body(api.POST("/v3/tokens", { body: token }))).data);
	};
	const toggle = (scope) => setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
	return /* @__PURE__ */ s(Dialog, {
		title: "Create a token",
		onClose,
		children: /* @__PURE__ */ s(Form, {
			action,
			submit: create,
			label: "Create",
			onClose,
			isReady: scopes.length > 0,
			children: [
				/* @__PURE__ */ s("label", { children: ["Name", /* @__PURE__ */ s("input", {
					required: true,
					maxLength: 255,
					autofocus: true,
					value: name,
					onInput: (event) => setName(event.currentTarget.value)
				})] }),
				/* @__PURE__ */ s("fieldset", { children: [/* @__PURE__ */ s("legend", { children: "Scopes" }), Object.keys(SCOPES).map((scope) => /* @__PURE__ */ s("label", {
					class: "check",
					children: [/* @__PURE__ */ s("input", {
						type: "checkbox",
						checked: scopes.includes(scope),
						onChange: () => toggle(scope)
					}), /* @__PURE__ */ s("span", { children: [
						/* @__PURE__ */ s("strong", { children: scope }),
						" ",
						SCOPES[scope]
					] })]
				}, scope))] }),
				/* @__PURE__ */ s("label", { children: ["Expires", /* @__PURE__ */ s("select", {
					value: days,
					onChange: (event) => setDays(event.currentTarget.value),
					children: Object.entries(DAYS).map(([value, label]) => /* @__PURE__ */ s("option", {
						value,
						children: label
					}, value))
				})] }),
				/* @__PURE__ */ s(ProjectChoice, {
					chosen: projects,
					choose: setProjects
				})
			]
		})
	});
}
/** Choose the projects that a token is limited to; none means all. */
function ProjectChoice({ chosen, choose }) {
	const projects = useResource("projects", async (signal) => {
		return (await body(api.GET("/v3/projects", {
			params: { query: {
				limit: 1e3,
				ordering: "name"
			} },
			signal
		}))).data.items;
	});
	const toggle = (id) => choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
	return /* @__PURE__ */ s("details", { children: [/* @__PURE__ */ s("summary", { children: [
		/* @__PURE__ */ s("strong", { children: "Projects" }),
		" ",
		chosen.length ? `${chosen.length} only` : "all"
	] }), /* @__PURE__ */ s(Loaded, {
		resource: projects,
		children: (found) => /* @__PURE__ */ s("fieldset", {
			class: "choices",
			children: [
				/* @__PURE__ */ s("legend", {
					class: "hidden",
					children: "Limit it to these projects"
				}),
				found.length === 0 && /* @__PURE__ */ s("p", {
					class: "quiet",
					children: "There is no project yet."
				}),
				found.map((project) => /* @__PURE__ */ s("label", {
					class: "check",
					children: [/* @__PURE__ */ s("input", {
						type: "checkbox",
						checked: chosen.includes(project.id),
						onChange: () => toggle(project.id)
					}), /* @__PURE__ */ s(Text, { value: project.name })]
				}, project.id))
			]
		})
	})] });
}
function RotateToken({ token, onClose, onMade }) {
	const [hours, setHours] = _("24");
	const action = useAction();
	const path = { token_id: token.id };
	const rotate = async () => {
		const change = { overlap_seconds: Number(hours) * 3600 };
		onMade((await body(api.POST("/v3/tokens/{token_id}/rotate", {
			params: { path },
			body: change
		}))).data);
	};
	return /* @__PURE__ */ s(Dialog, {
		title: `Rotate ${plain(token.name)}`,
		onClose,
		children: /* @__PURE__ */ s(Form, {
			action,
			submit: rotate,
			label: "Rotate",
			onClose,
			children: [/* @__PURE__ */ s("p", { children: "A new token gets the name, scopes, projects and expiry of this one." }), /* @__PURE__ */ s("label", { children: ["The old token stays valid for", /* @__PURE__ */ s("select", {
				value: hours,
				autofocus: true,
				onChange: (event) => setHours(event.currentTarget.value),
				children: [
					/* @__PURE__ */ s("option", {
						value: "0",
						children: "no longer"
					}),
					/* @__PURE__ */ s("option", {
						value: "1",
						children: "1 hour"
					}),
					/* @__PURE__ */ s("option", {
						value: "24",
						children: "1 day"
					}),
					/* @__PURE__ */ s("option", {
						value: "168",
						children: "7 days"
					})
				]
			})] })]
		})
	});
}
function RevokeToken({ token, onClose, onRevoked }) {
	const action = useAction();
	const path = { token_id: token.id };
	const revoke = async () => {
		await body(api.DELETE("/v3/tokens/{token_id}", { params: { path } }));
		onRevoked();
	};
	return /* @__PURE__ */ s(Dialog, {
		title: `Revoke ${plain(token.name)}?`,
		onClose,
		children: /* @__PURE__ */ s(Form, {
			action,
			submit: revoke,
			label: "Revoke",
			onClose,
			isDangerous: true,
			children: [/* @__PURE__ */ s("p", { children: [
				"Programs with this token stop working at once. Its scopes: ",
				token.scopes.join(", "),
				". Last used:",
				" ",
				/* @__PURE__ */ s(Time, {
					at: token.last_used_at,
					none: "never"
				}),
				"."
			] }), token.id === session.value?.token_id && /* @__PURE__ */ s("p", {
				class: "strong",
				children: "This session belongs to it, so you will be logged out."
			})]
		})
	});
}
function ShownOnce({ made, onClose }) {
	return /* @__PURE__ */ s(Dialog, {
		title: "Copy the token now",
		onClose,
		children: [
			/* @__PURE__ */ s("p", { children: [
				"The token ",
				/* @__PURE__ */ s(Text, { value: made.name }),
				" is shown only once: the server keeps only its hash."
			] }),
			/* @__PURE__ */ s("p", {
				class: "secret-line",
				children: [/* @__PURE__ */ s("code", {
					class: "secret",
					children: made.token
				}), /* @__PURE__ */ s(Copy, {
					text: made.token,
					what: "token"
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
function Form({ action, submit, label, onClose, isReady = true, isDangerous = false, children }) {
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
					disabled: !isReady || action.isRunning,
					children: label
				})]
			})
		]
	});
}
// src/pages/tokens.tsx
/** Tokens: who has access to what. A secret is shown once, when it is made. */
var LIMIT = 50;
var USUAL = "-created_at";
function Tokens() {
	const [open, setOpen] = _(null);
	const { query } = place.value;
	const search = query.get("search") ?? "";
	const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
	const order = ordering(USUAL);
	const tokens = useResource(JSON.stringify([
		search,
		offset,
		order
	]), async (signal) => {
		const all = {
			limit: LIMIT,
			offset,
			ordering: order
		};
		const params = { query: search ? {
			...all,
			search
		} : all };
		return (await body(api.GET("/v3/tokens", {
			params,
			signal
		}))).data;
	});
	const close = () => setOpen(null);
	const show = (made) => {
		setOpen({
			kind: "secret",
			made
		});
		tokens.reload();
	};
	const revoked = () => {
		close();
		tokens.reload();
	};
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [
				/* @__PURE__ */ s("h1", { children: "Tokens" }),
				/* @__PURE__ */ s(Search, { label: "Search tokens by name" }),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				may("admin") && /* @__PURE__ */ s("button", {
					type: "button",
					class: "main",
					onClick: () => setOpen({ kind: "create" }),
					children: "Create a token"
				})
			]
		}),
		/* @__PURE__ */ s(Loaded, {
			resource: tokens,
			children: (page) => /* @__PURE__ */ s(w, { children: [page.items.length ? /* @__PURE__ */ s(Table, {
				tokens: page.items,
				open: setOpen
			}) : /* @__PURE__ */ s(Empty, {
				title: search ? `No token has “${search}” in its name.` : "There is no token on this page.",
				children: /* @__PURE__ */ s("button", {
					type: "button",
					onClick: () => change({
						search: null,
						offset: null
					}),
					children: "Show all tokens"
				})
			}), /* @__PURE__ */ s(Pager, {
				offset,
				shown: page.items.length,
				total: page.total,
				limit: LIMIT,
				what: "tokens"
			})] })
		}),
		open?.kind === "create" && /* @__PURE__ */ s(CreateToken, {
			onClose: close,
			onMade: show
		}),
		open?.kind === "rotate" && /* @__PURE__ */ s(RotateToken, {
			token: open.token,
			onClose: close,
			onMade: show
		}),
		open?.kind === "revoke" && /* @__PURE__ */ s(RevokeToken, {
			token: open.token,
			onClose: close,
			onRevoked: revoked
		}),
		open?.kind === "secret" && /* @__PURE__ */ s(ShownOnce, {
			made: open.made,
			onClose: close
		})
	] });
}
function Table({ tokens, open }) {
	return /* @__PURE__ */ s(TableBox, {
		label: "Tokens",
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s(SortHead, {
				field: "name",
				label: "Token",
				usual: USUAL
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Scopes"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Projects"
			}),
			/* @__PURE__ */ s(SortHead, {
				field: "created_at",
				label: "Created",
				usual: USUAL
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Last used"
			}),
			/* @__PURE__ */ s(SortHead, {
				field: "expires_at",
				label: "Expires",
				usual: USUAL
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: /* @__PURE__ */ s("span", {
					class: "hidden",
					children: "Actions"
				})
			})
		] }) }), /* @__PURE__ */ s("tbody", { children: tokens.map((token) => /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "row",
				children: [
					/* @__PURE__ */ s(Text, { value: token.name }),
					" ",
					token.id === session.value?.token_id && /* @__PURE__ */ s("span", {
						class: "tag",
						children: "this session"
					})
				]
			}),
			/* @__PURE__ */ s("td", { children: token.scopes.join(", ") }),
			/* @__PURE__ */ s("td", { children: token.project_ids ? `${token.project_ids.length} only` : "all" }),
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Time, { at: token.created_at }) }),
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Time, {
				at: token.last_used_at,
				none: "never"
			}) }),
			/* @__PURE__ */ s("td", { children: /* @__PURE__ */ s(Time, {
				at: token.expires_at,
				none: "never"
			}) }),
			/* @__PURE__ */ s("td", {
				class: "actions",
				children: [/* @__PURE__ */ s("button", {
					type: "button",
					class: "small",
					"aria-label": `Rotate ${token.name}`,
					onClick: () => open({
						kind: "rotate",
						token
					}),
					children: "Rotate"
				}), /* @__PURE__ */ s("button", {
					type: "button",
					class: "small",
					"aria-label": `Revoke ${token.name}`,
					onClick: () => open({
						kind: "revoke",
						token
					}),
					children: "Revoke"
				})]
			})
		] }, token.id)) })] })
	});
}
export { Tokens };
