const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=["./no-events.js","./first-event.js","./vendor.js","./shared.js"])))=>i.map(i=>d[i]);
import { _ as w, g as q, i as T, m as y, t as s, u as _ } from "./vendor.js";
import { A as Dialog, At as RequestFailed, Ct as Logo, D as Frame, Et as logIn, L as earliest, Mt as body, N as plain, Nt as isLoginNeeded, Ot as session, P as Time, Q as useResource, St as Loaded, Tt as findSession, W as openModel, Y as pulseError, Z as usePulse, at as go, bt as Empty, ct as ALL, it as change, j as Scope, jt as api, nt as routeAt, ot as link, q as useAlertMarks, rt as __vitePreload, st as place, wt as useAction, xt as Failure, z as read } from "./shared.js";
// src/pages/login.tsx
/** The login, as a page or over a page whose session has ended. */
function LoginPage({ code }) {
	return /* @__PURE__ */ s("main", {
		class: "login",
		children: [/* @__PURE__ */ s("h1", { children: [/* @__PURE__ */ s(Logo, {}), " Inference Events"] }), /* @__PURE__ */ s(LoginForm, { code: code ?? null })]
	});
}
/** Ask for a token, and log in with it. */
function LoginForm({ code = null }) {
	const [token, setToken] = _("");
	const { isRunning, error, run } = useAction();
	y(() => {
		if (code) run(() => logIn({ code }));
	}, [code]);
	if (code && isRunning) return /* @__PURE__ */ s("p", {
		role: "status",
		children: "Logging in …"
	});
	const submit = (event) => {
		event.preventDefault();
		run(() => logIn({ token: token.trim() }));
	};
	return /* @__PURE__ */ s("form", {
		class: "form",
		onSubmit: submit,
		children: [
			/* @__PURE__ */ s("input", {
				hidden: true,
				readOnly: true,
				autocomplete: "username",
				name: "username",
				value: "inference-events"
			}),
			/* @__PURE__ */ s("label", { children: ["Token", /* @__PURE__ */ s("input", {
				type: "password",
				autocomplete: "current-password",
				required: true,
				autofocus: true,
				value: token,
				onInput: (event) => setToken(event.currentTarget.value)
			})] }),
			error && /* @__PURE__ */ s(Failure, { error }),
			/* @__PURE__ */ s("button", {
				type: "submit",
				class: "main",
				disabled: isRunning,
				children: "Log in"
			}),
			/* @__PURE__ */ s("p", {
				class: "quiet",
				children: [
					"No token at hand? On the server's machine, ",
					/* @__PURE__ */ s("code", { children: "inference-events console" }),
					" prints a link that logs in. The first admin token is in the data directory's file ",
					/* @__PURE__ */ s("code", { children: "admin-token" }),
					"."
				]
			})
		]
	});
}
// src/pages/model-frame.tsx
function ModelFrame({ id, route, item, Content }) {
	usePulse(id);
	const path = { model_id: id };
	const model = useResource(id, async (signal) => (await body(api.GET("/v3/models/{model_id}", {
		params: { path },
		signal
	}))).data);
	y(() => {
		openModel.value = model.data?.id === id ? model.data : null;
	}, [model.data, id]);
	y(() => () => {
		openModel.value = null;
	}, []);
	const page = (found) => Content && /* @__PURE__ */ s(Content, {
		model: found,
		item
	}, `${route.base} ${id}`);
	const isBound = route.takes.includes("range") || route.takes.includes("env");
	return /* @__PURE__ */ s(Loaded, {
		resource: model,
		children: (found) => isBound ? /* @__PURE__ */ s(Bound, {
			model: found,
			route,
			children: page(found)
		}) : page(found)
	});
}
function Bound({ model, route, children }) {
	const known = read.value;
	useEarliest(known?.selection ?? null);
	useAlertMarks(known?.selection ?? null);
	if (!known) return pulseError.value ? /* @__PURE__ */ s(Failure, { error: pulseError.value }) : null;
	const { environment } = known.selection;
	const isEmpty = environment.events === 0 && route.takes.includes("range");
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s(Scope, {
			read: known,
			takes: route.takes
		}),
		/* @__PURE__ */ s(Notices, { read: known }),
		isEmpty ? /* @__PURE__ */ s(Unpublished, {
			model,
			selection: known.selection
		}) : children
	] });
}
function Notices({ read: { problems, isPast, selection } }) {
	return /* @__PURE__ */ s(w, { children: [problems.map((problem) => /* @__PURE__ */ s("p", {
		class: "notice",
		role: "status",
		children: problem
	}, problem)), isPast && /* @__PURE__ */ s("p", {
		class: "quiet small",
		children: [
			"The newest event is of ",
			/* @__PURE__ */ s(Time, { at: selection.environment.newest_event?.timestamp ?? null }),
			". These are the seven days that end with it.",
			" ",
			/* @__PURE__ */ s("button", {
				type: "button",
				class: "link",
				onClick: () => change({ from: ALL.from }),
				children: "Show all events"
			})
		]
	})] });
}
/** Find out when the first event was, if the range is everything. */
function useEarliest(selection) {
	const environment = selection?.environment;
	const isAll = selection?.range.from === ALL.from;
	const key = isAll ? `${environment?.id} ${environment?.data_revision}` : "";
	y(() => {
		if (!isAll || !environment || !selection) return;
		const abort = new AbortController();
		findEarliest(selection, abort.signal).then((at) => {
			if (at !== null) earliest.value = {
				...earliest.value,
				[environment.id]: at
			};
		}, () => null);
		return () => abort.abort();
	}, [key]);
}
async function findEarliest({ modelId, environment }, signal) {
	const request = {
		model_id: modelId,
		...environment.type === "PRODUCTION" ? { env_type: "PRODUCTION" } : {
			env_type: "PRE_PRODUCTION",
			env_name: environment.name
		},
		limit: 1,
		columns: []
	};
	const { data } = await body(api.POST("/v3/events/query", {
		body: request,
		signal
	}));
	const first = data.items[0];
	return first ? Date.parse(first.timestamp) : null;
}
/** No events yet: in production, the program that publishes one. */
function Unpublished({ model, selection }) {
	const [Content, setContent] = _(null);
	const isProduction = selection.environment.type === "PRODUCTION";
	y(() => {
		if (isProduction) __vitePreload(() => import("./no-events.js").then((found) => setContent(() => found.NoEvents)), __vite__mapDeps([0,1,2,3]), import.meta.url);
	}, [isProduction]);
	if (!isProduction) return /* @__PURE__ */ s(Empty, { title: "Nothing was published to this dataset." });
	return Content && /* @__PURE__ */ s(Content, { model });
}
// src/main.tsx
/** The console: it finds out who is logged in, and shows the page of the address. */
function App() {
	const [failure, setFailure] = _(null);
	const { path, query } = place.value;
	const code = path === "/login" ? query.get("code") : null;
	const [linked] = _(code);
	y(() => {
		if (code !== null) history.replaceState(null, "", "#/login");
		if (code !== null) session.value = null;
		else findSession().catch((error) => setFailure(asFailure(error)));
	}, []);
	y(() => {
		if (session.value && place.value.path === "/login") go(link("/"));
	}, [session.value]);
	if (failure) return /* @__PURE__ */ s(Failure, {
		error: failure,
		retry: () => location.reload()
	});
	return /* @__PURE__ */ s(w, { children: [
		session.value && /* @__PURE__ */ s(Frame, { children: /* @__PURE__ */ s(Page, {}) }),
		session.value === null && /* @__PURE__ */ s(LoginPage, { code: linked }),
		isLoginNeeded.value && session.value !== null && /* @__PURE__ */ s(Dialog, {
			title: "Log in again",
			children: [/* @__PURE__ */ s("p", { children: "The session has ended. The page stays as it is." }), /* @__PURE__ */ s(LoginForm, {})]
		})
	] });
}
function Page() {
	const { path } = place.value;
	const found = routeAt(path);
	const route = found?.route;
	const [shown, setShown] = _(null);
	y(() => {
		let isCurrent = true;
		route?.load().then((Content) => isCurrent && setShown({
			route,
			Content
		}));
		return () => {
			isCurrent = false;
		};
	}, [route]);
	const of = openModel.value ? ` · ${plain(openModel.value.name)}` : "";
	document.title = `${route?.title ?? "Not found"}${route?.isOfModel ? of : ""} · Inference Events`;
	if (!found || !route) return /* @__PURE__ */ s(Empty, {
		title: "There is no page at this address.",
		children: /* @__PURE__ */ s("a", {
			href: link("/"),
			children: "All models"
		})
	});
	const Content = shown?.route === route ? shown.Content : null;
	if (route.isOfModel) {
		const OfModel = Content;
		return /* @__PURE__ */ s(ModelFrame, {
			id: found.id,
			route,
			item: found.item,
			Content: OfModel
		}, found.id);
	}
	const Plain = Content;
	return Plain && /* @__PURE__ */ s(Plain, { item: found.item }, route.base);
}
function asFailure(error) {
	return error instanceof RequestFailed ? error : new RequestFailed(String(error), 0, null, null);
}
T(() => {
	if (session.value === null) document.title = "Log in · Inference Events";
});
var app = document.getElementById("app");
if (app) q(/* @__PURE__ */ s(App, {}), app);
