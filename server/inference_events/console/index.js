const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=["./models.js","./shared.js","./vendor.js","./first-event.js","./model.js","./tokens.js","./settings.js"])))=>i.map(i=>d[i]);
import { d, i as x, m as Q, o as A, p as $, t as a } from "./vendor.js";
import { C as useAction, D as session, M as isLoginNeeded, S as Logo, T as logIn, _ as place, b as Failure, f as Frame, g as link, h as go, k as RequestFailed, v as Dialog, w as findSession, y as Empty } from "./shared.js";
// src/pages/login.tsx
/** The login, as a page or over a page whose session has ended. */
function LoginPage({ code }) {
	return /* @__PURE__ */ a("main", {
		class: "login",
		children: [/* @__PURE__ */ a("h1", { children: [/* @__PURE__ */ a(Logo, {}), " Inference Events"] }), /* @__PURE__ */ a(LoginForm, { code: code ?? null })]
	});
}
/** Ask for a token, and log in with it. */
function LoginForm({ code = null }) {
	const [token, setToken] = d("");
	const { isRunning, error, run } = useAction();
	A(() => {
		if (code) run(() => logIn({ code }));
	}, [code]);
	if (code && isRunning) return /* @__PURE__ */ a("p", {
		role: "status",
		children: "Logging in …"
	});
	const submit = (event) => {
		event.preventDefault();
		run(() => logIn({ token: token.trim() }));
	};
	return /* @__PURE__ */ a("form", {
		class: "form",
		onSubmit: submit,
		children: [
			/* @__PURE__ */ a("input", {
				hidden: true,
				readOnly: true,
				autocomplete: "username",
				name: "username",
				value: "inference-events"
			}),
			/* @__PURE__ */ a("label", { children: ["Token", /* @__PURE__ */ a("input", {
				type: "password",
				autocomplete: "current-password",
				required: true,
				autofocus: true,
				value: token,
				onInput: (event) => setToken(event.currentTarget.value)
			})] }),
			error && /* @__PURE__ */ a(Failure, { error }),
			/* @__PURE__ */ a("button", {
				type: "submit",
				class: "main",
				disabled: isRunning,
				children: "Log in"
			}),
			/* @__PURE__ */ a("p", {
				class: "quiet",
				children: [
					"No token at hand? On the server's machine, ",
					/* @__PURE__ */ a("code", { children: "inference-events console" }),
					" prints a link that logs in. The first admin token is in the data directory's file ",
					/* @__PURE__ */ a("code", { children: "admin-token" }),
					"."
				]
			})
		]
	});
}
// \0vite/preload-helper.js
var scriptRel = /* @__PURE__ */ (function detectScriptRel() {
	const relList = typeof document !== "undefined" && document.createElement("link").relList;
	return relList && relList.supports && relList.supports("modulepreload") ? "modulepreload" : "preload";
})();
var assetsURL = function(dep, importerUrl) {
	return new URL(dep, importerUrl).href;
};
var seen = {};
var isCssPreloadUrl = function isCssPreloadUrl(url) {
	return url.pathname.endsWith(".css");
};
var preloadOnce = function preloadOnce(seen, href, preload) {
	if (href in seen) return seen[href];
	const promise = preload();
	if (!promise) {
		seen[href] = void 0;
		return;
	}
	const preloadPromise = promise.then(() => {
		seen[href] = void 0;
	}, (err) => {
		seen[href] = void 0;
		throw err;
	});
	seen[href] = preloadPromise;
	return preloadPromise;
};
var __vitePreload = function preload(baseModule, deps, importerUrl) {
	let promise = Promise.resolve();
	if (deps && deps.length > 0) {
		let preloadedHrefs;
		const cspNonceMeta = document.querySelector("meta[property=csp-nonce]");
		const cspNonce = cspNonceMeta?.nonce || cspNonceMeta?.getAttribute("nonce");
		function allSettled(promises) {
			return Promise.all(promises.map((p) => Promise.resolve(p).then((value) => ({
				status: "fulfilled",
				value
			}), (reason) => ({
				status: "rejected",
				reason
			}))));
		}
		function importMetaResolve(specifier) {
			if (import.meta.resolve) return new URL(import.meta.resolve(specifier));
			return new URL(
				specifier,
				/** #__KEEP__ */
				import.meta.url
			);
		}
		promise = allSettled(deps.map((depString) => {
			depString = assetsURL(depString, importerUrl);
			const dep = importMetaResolve(depString);
			const isCss = isCssPreloadUrl(dep);
			return preloadOnce(seen, dep.href, () => {
				if (preloadedHrefs === void 0) {
					preloadedHrefs = {
						all: /* @__PURE__ */ new Set(),
						styles: /* @__PURE__ */ new Set()
					};
					const links = document.getElementsByTagName("link");
					for (let i = links.length - 1; i >= 0; i--) {
						const link = links[i];
						preloadedHrefs.all.add(link.href);
						if (link.rel === "stylesheet") preloadedHrefs.styles.add(link.href);
					}
				}
				if ((isCss ? preloadedHrefs.styles : preloadedHrefs.all).has(dep.href)) return;
				const link = document.createElement("link");
				link.rel = isCss ? "stylesheet" : scriptRel;
				if (!isCss) link.as = "script";
				link.crossOrigin = "";
				link.href = dep.href;
				if (cspNonce) link.setAttribute("nonce", cspNonce);
				document.head.appendChild(link);
				if (isCss) return new Promise((res, rej) => {
					const handleSettle = (e) => {
						link.removeEventListener("load", handleSettle);
						link.removeEventListener("error", handleSettle);
						if (e.type === "error") rej(/* @__PURE__ */ new Error(`Unable to preload CSS for ${dep}`));
						else res(e);
					};
					link.addEventListener("load", handleSettle);
					link.addEventListener("error", handleSettle);
				});
			});
		}).filter((p) => p !== void 0));
	}
	function handlePreloadError(err) {
		const e = new Event("vite:preloadError", { cancelable: true });
		e.payload = err;
		window.dispatchEvent(e);
		if (!e.defaultPrevented) throw err;
	}
	return promise.then((res) => {
		for (const item of res || []) {
			if (item.status !== "rejected") continue;
			handlePreloadError(item.reason);
		}
		return baseModule().catch(handlePreloadError);
	});
};
// src/main.tsx
/** The console: it finds out who is logged in, and shows the page of the address. */
/** The pages, each in a file of its own that is loaded when the page is opened. */
var ROUTES = [
	{
		path: /^\/$/,
		title: "Models",
		load: async () => (await __vitePreload(async () => {
			const { Models } = await import("./models.js");
			return { Models };
		}, __vite__mapDeps([0,1,2,3]), import.meta.url)).Models
	},
	{
		path: /^\/models\/([^/]+)$/,
		title: "Model",
		load: async () => (await __vitePreload(async () => {
			const { ModelPage } = await import("./model.js");
			return { ModelPage };
		}, __vite__mapDeps([4,2,1,3]), import.meta.url)).ModelPage
	},
	{
		path: /^\/first-event$/,
		title: "First event",
		load: async () => (await __vitePreload(async () => {
			const { FirstEventPage } = await import("./first-event.js");
			return { FirstEventPage };
		}, __vite__mapDeps([3,2,1]), import.meta.url)).FirstEventPage
	},
	{
		path: /^\/tokens$/,
		title: "Tokens",
		load: async () => (await __vitePreload(async () => {
			const { Tokens } = await import("./tokens.js");
			return { Tokens };
		}, __vite__mapDeps([5,2,1]), import.meta.url)).Tokens
	},
	{
		path: /^\/settings$/,
		title: "Settings",
		load: async () => (await __vitePreload(async () => {
			const { SettingsPage } = await import("./settings.js");
			return { SettingsPage };
		}, __vite__mapDeps([6,1,2]), import.meta.url)).SettingsPage
	}
];
function App() {
	const [failure, setFailure] = d(null);
	const { path, query } = place.value;
	const code = path === "/login" ? query.get("code") : null;
	const [linked] = d(code);
	A(() => {
		if (code !== null) history.replaceState(null, "", "#/login");
		if (code !== null) session.value = null;
		else findSession().catch((error) => setFailure(asFailure(error)));
	}, []);
	A(() => {
		if (session.value && place.value.path === "/login") go(link("/"));
	}, [session.value]);
	if (failure) return /* @__PURE__ */ a(Failure, {
		error: failure,
		retry: () => location.reload()
	});
	return /* @__PURE__ */ a($, { children: [
		session.value && /* @__PURE__ */ a(Frame, { children: /* @__PURE__ */ a(Page, {}) }),
		session.value === null && /* @__PURE__ */ a(LoginPage, { code: linked }),
		isLoginNeeded.value && session.value !== null && /* @__PURE__ */ a(Dialog, {
			title: "Log in again",
			children: [/* @__PURE__ */ a("p", { children: "The session has ended. The page stays as it is." }), /* @__PURE__ */ a(LoginForm, {})]
		})
	] });
}
function Page() {
	const { path } = place.value;
	const route = ROUTES.find((one) => one.path.test(path));
	const id = decodeURIComponent(route?.path.exec(path)?.[1] ?? "");
	const [shown, setShown] = d(null);
	A(() => {
		document.title = `${route?.title ?? "Not found"} · Inference Events`;
		let isCurrent = true;
		route?.load().then((Content) => isCurrent && setShown({
			route,
			Content
		}));
		return () => {
			isCurrent = false;
		};
	}, [route]);
	if (!route) return /* @__PURE__ */ a(Empty, {
		title: "There is no page at this address.",
		children: /* @__PURE__ */ a("a", {
			href: link("/"),
			children: "All models"
		})
	});
	return shown?.route === route ? /* @__PURE__ */ a(shown.Content, { id }, path) : null;
}
function asFailure(error) {
	return error instanceof RequestFailed ? error : new RequestFailed(String(error), 0, null, null);
}
x(() => {
	if (session.value === null) document.title = "Log in · Inference Events";
});
var app = document.getElementById("app");
if (app) Q(/* @__PURE__ */ a(App, {}), app);
