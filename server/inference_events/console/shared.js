import { a as y, c as P, d, i as x, l as T, n as createClient, o as A, p as $, r as O, s as F, t as a, u as b } from "./vendor.js";
// src/api/exact.ts
var parseWithSource = JSON.parse;
/** Parse JSON. An integer beyond 2^53 becomes a string of its digits. */
function parseExact(text) {
	return parseWithSource(text, (_, value, context) => {
		return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) && context && /^-?\d+$/.test(context.source) ? context.source : value;
	});
}
// src/api/login.ts
/** Whether someone is logged in, and what waits until someone is. */
/** Whether the login covers the page. */
var isLoginNeeded = y(false);
var waiting = [];
/** Show the login, and return when someone has logged in. Throws if `abort` fires before. */
function waitForLogin(abort) {
	isLoginNeeded.value = true;
	return new Promise((resolve, reject) => {
		waiting.push(resolve);
		abort.addEventListener("abort", () => reject(abort.reason), { once: true });
	});
}
/** Let everything continue that waits for a login. */
function finishLogin() {
	const resumed = waiting;
	waiting = [];
	isLoginNeeded.value = false;
	for (const resume of resumed) resume();
}
// src/api/client.ts
/** The client of this server's API, typed by its contract. */
/** The root of the server: the console is one level below it, behind any prefix. */
var ROOT = new URL("..", document.baseURI);
/** A request that failed: the message of the server, its status (0 without a response) and the request's id. */
var RequestFailed = class extends Error {
	status;
	requestId;
	retryAfter;
	constructor(message, status, requestId, retryAfter) {
		super(message);
		this.status = status;
		this.requestId = requestId;
		this.retryAfter = retryAfter;
	}
};
async function send(request) {
	const again = request.clone();
	const response = await reach(request);
	const isLogin = request.url.endsWith("/v3/session") && request.method === "POST";
	if (response.status !== 401 || isLogin) return exact(response);
	await waitForLogin(request.signal);
	return exact(await reach(again));
}
async function reach(request) {
	try {
		return await fetch(request);
	} catch (error) {
		if (request.signal.aborted) throw error;
		throw new RequestFailed("The server cannot be reached", 0, null, null);
	}
}
function exact(response) {
	response.json = async () => parseExact(await response.text());
	return response;
}
var api = createClient({
	baseUrl: ROOT.href,
	headers: { "X-Console": "1" },
	fetch: send
});
/** Return the body of an answer. Throws RequestFailed. */
async function body(answer) {
	const { data, error, response } = await answer;
	if (response.ok && data !== void 0) return data;
	const wait = Number(response.headers.get("Retry-After") ?? NaN);
	throw new RequestFailed(messageOf(error) ?? `The server responded with ${response.status}`, response.status, response.headers.get("X-Request-ID"), Number.isFinite(wait) ? wait : null);
}
function messageOf(error) {
	const message = error?.error?.message;
	return typeof message === "string" ? message : null;
}
// src/ui/stored.ts
/** What this browser remembers. Where nothing can be stored, nothing is remembered. */
var PREFIX = "inference-events.";
/** Return what is remembered under a name, null if nothing is. */
function read(name) {
	try {
		return localStorage.getItem(PREFIX + name);
	} catch {
		return null;
	}
}
/** Remember a text under a name. */
function write$1(name, value) {
	try {
		localStorage.setItem(PREFIX + name, value);
	} catch {}
}
/** Forget what is remembered under a name. */
function remove(name) {
	try {
		localStorage.removeItem(PREFIX + name);
	} catch {}
}
// src/api/session.ts
/** The session: who is logged in, and what that token may do. */
/** The session; null if nobody is logged in, undefined until that is known. */
var session = y(void 0);
var isAdmin = O(() => session.value?.scopes.includes("admin") ?? false);
/** Return whether the token has a scope, or `admin`. The server decides; this only hides what it would refuse. */
function may(scope) {
	return isAdmin.value || (session.value?.scopes.includes(scope) ?? false);
}
/** Find out who is logged in. A browser that never logged in does not ask. */
async function findSession() {
	session.value = read("session") ? (await body(api.GET("/v3/session"))).data : null;
}
/** Log in. Throws RequestFailed. */
async function logIn(credential) {
	session.value = (await body(api.POST("/v3/session", { body: credential }))).data;
	write$1("session", "1");
	finishLogin();
}
/** Log out on the server, too. */
async function logOut() {
	await body(api.DELETE("/v3/session"));
	remove("session");
	session.value = null;
}
// src/ui/action.ts
/** A change on the server that a button starts: whether it runs, and why it failed. */
function useAction() {
	const [state, setState] = d({
		isRunning: false,
		error: null
	});
	const run = async (change) => {
		setState({
			isRunning: true,
			error: null
		});
		try {
			await change();
			setState({
				isRunning: false,
				error: null
			});
		} catch (error) {
			const failure = error instanceof RequestFailed ? error : new RequestFailed(String(error), 0, null, null);
			setState({
				isRunning: false,
				error: failure
			});
		}
	};
	return {
		...state,
		run
	};
}
// src/ui/logo.tsx
function Logo() {
	return /* @__PURE__ */ a("svg", {
		class: "logo",
		viewBox: "0 0 16 16",
		width: "18",
		height: "18",
		"aria-hidden": "true",
		children: [/* @__PURE__ */ a("rect", {
			width: "16",
			height: "16",
			rx: "3",
			class: "logo-ground"
		}), /* @__PURE__ */ a("path", {
			d: "M3 11.5h1.6V8H3zm2.8 0h1.6v-7H5.8zm2.8 0h1.6v-5H8.6zm2.8 0H13v-2h-1.6z",
			class: "logo-bars"
		})]
	});
}
// src/ui/states.tsx
/** Show the data of a resource. While newer data load, the old ones stay, dimmed. */
function Loaded({ resource, children }) {
	const { data, error, isLoading } = resource;
	const seconds = useElapsed(isLoading && !error);
	return /* @__PURE__ */ a("div", {
		class: "stack",
		"aria-busy": isLoading,
		children: [
			error && /* @__PURE__ */ a(Failure, {
				error,
				retry: resource.reload
			}),
			isLoading && seconds >= 2 && /* @__PURE__ */ a(Slow, {
				seconds,
				cancel: resource.cancel
			}),
			data !== void 0 && /* @__PURE__ */ a("div", {
				class: isLoading && seconds >= .5 ? "stack stale" : "stack",
				children: children(data)
			}),
			data === void 0 && !isLoading && !error && /* @__PURE__ */ a("p", {
				class: "quiet",
				children: [
					"Cancelled.",
					" ",
					/* @__PURE__ */ a("button", {
						type: "button",
						class: "small",
						onClick: resource.reload,
						children: "Load"
					})
				]
			})
		]
	});
}
/** Show why a request failed, with the id that finds it in the server's log. */
function Failure({ error, retry }) {
	const isFinal = error.status === 403 || error.status === 404;
	return /* @__PURE__ */ a("div", {
		class: "notice bad",
		role: "alert",
		children: [
			/* @__PURE__ */ a("p", { children: error.message }),
			/* @__PURE__ */ a("p", {
				class: "quiet",
				children: [
					error.status ? `Status ${error.status}` : "No response",
					error.requestId && /* @__PURE__ */ a($, { children: [", request ", /* @__PURE__ */ a("code", { children: error.requestId })] }),
					error.retryAfter !== null && `, tried again in ${error.retryAfter} s`
				]
			}),
			retry && !isFinal && /* @__PURE__ */ a("button", {
				type: "button",
				class: "small",
				onClick: retry,
				children: "Retry"
			})
		]
	});
}
/** Show that there is nothing, why, and the way out. */
function Empty({ title, children }) {
	return /* @__PURE__ */ a("div", {
		class: "empty",
		children: [/* @__PURE__ */ a("p", {
			class: "strong",
			children: title
		}), children]
	});
}
function Slow({ seconds, cancel }) {
	return /* @__PURE__ */ a("p", {
		class: "quiet",
		role: "status",
		children: [
			"Loading for ",
			Math.floor(seconds),
			" s",
			" ",
			/* @__PURE__ */ a("button", {
				type: "button",
				class: "small",
				onClick: cancel,
				children: "Cancel"
			})
		]
	});
}
/** Return for how many seconds something has been going on, in halves. */
function useElapsed(isOn) {
	const [seconds, setSeconds] = d(0);
	A(() => {
		setSeconds(0);
		if (!isOn) return;
		const timer = setInterval(() => setSeconds((last) => last + .5), 500);
		return () => clearInterval(timer);
	}, [isOn]);
	return seconds;
}
// src/ui/dialog.tsx
function Dialog({ title, onClose, children }) {
	const dialog = T(null);
	const id = P();
	F(() => {
		const opener = document.activeElement;
		const shown = dialog.current;
		shown?.showModal();
		return () => {
			shown?.close();
			if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
		};
	}, []);
	const cancel = (event) => {
		event.preventDefault();
		onClose?.();
	};
	return /* @__PURE__ */ a("dialog", {
		ref: dialog,
		"aria-labelledby": id,
		onCancel: cancel,
		children: [/* @__PURE__ */ a("header", {
			class: "dialog-head",
			children: [/* @__PURE__ */ a("h2", {
				id,
				children: title
			}), onClose && /* @__PURE__ */ a("button", {
				type: "button",
				class: "plain",
				"aria-label": "Close",
				onClick: onClose,
				children: "×"
			})]
		}), children]
	});
}
// src/url/location.ts
/** The address in the fragment: a path, and a query that holds the state of the page. */
/** Read a fragment such as `#/models?search=air`. */
function parse(fragment) {
	const [path = "", query = ""] = split(fragment.replace(/^#/, ""));
	return {
		path: path.startsWith("/") ? path : `/${path}`,
		query: new URLSearchParams(query)
	};
}
function split(text) {
	const mark = text.indexOf("?");
	return mark < 0 ? [text, ""] : [text.slice(0, mark), text.slice(mark + 1)];
}
var place = y(parse(location.hash));
addEventListener("hashchange", () => {
	place.value = parse(location.hash);
});
/** Return the link to a path with a query; empty values are left out. */
function link(path, query = {}) {
	const text = new URLSearchParams(Object.entries(query).filter((entry) => !!entry[1]));
	const zone = place.value.query.get("tz");
	if (zone && !text.has("tz")) text.set("tz", zone);
	return `#${path}${text.size ? `?${text}` : ""}`;
}
/** Go to a link. */
function go(target) {
	location.hash = target;
}
/** Change parameters of the page's address without a new entry in the history; empty values are removed. */
function change(query) {
	const { path, query: now } = place.value;
	const next = new URLSearchParams(now);
	for (const [name, value] of Object.entries(query)) if (value) next.set(name, value);
	else next.delete(name);
	history.replaceState(null, "", `#${path}${next.size ? `?${next}` : ""}`);
	place.value = {
		path,
		query: next
	};
}
// src/ui/copy.tsx
/** A button that copies a text. */
function Copy({ text, what, label = "Copy" }) {
	const [state, setState] = d("idle");
	A(() => {
		if (state === "idle") return;
		const timer = setTimeout(() => setState("idle"), 2e3);
		return () => clearTimeout(timer);
	}, [state]);
	const copy = () => write(text).then(() => setState("copied"), () => setState("failed"));
	return /* @__PURE__ */ a("button", {
		type: "button",
		class: "small",
		onClick: copy,
		"aria-label": `${label} ${what}`,
		children: /* @__PURE__ */ a("span", {
			"aria-live": "polite",
			children: {
				idle: label,
				copied: "Copied",
				failed: "Select and copy it"
			}[state]
		})
	});
}
/** Copy by the clipboard or, on a page without TLS on another host, by a selection. */
async function write(text) {
	if (navigator.clipboard) return navigator.clipboard.writeText(text);
	const area = document.createElement("textarea");
	area.value = text;
	(document.querySelector("dialog[open]") ?? document.body).append(area);
	area.select();
	const isCopied = document.execCommand("copy");
	area.remove();
	if (!isCopied) throw new Error("not copied");
}
// src/ui/preferences.ts
/** What a user chose for all pages: time zone, theme, shortcuts. A link may name another zone. */
var LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
var theme = y(asTheme(read("theme")));
var hasShortcuts = y(read("shortcuts") !== "off");
var chosenZone = y(read("zone") ?? "UTC");
x(() => {
	document.documentElement.dataset.theme = theme.value;
	write$1("theme", theme.value);
});
x(() => write$1("shortcuts", hasShortcuts.value ? "on" : "off"));
/** The zone that the address names, null if it names none, undefined if it is not one. */
var linkedZone = O(() => {
	const name = place.value.query.get("tz");
	return name === null ? null : zoneNamed(name);
});
/** The IANA name of the zone in which all times are shown. */
var zone = O(() => linkedZone.value ?? zoneNamed(chosenZone.value) ?? "UTC");
/** The part of the address that names no zone, null if there is none. */
var brokenZone = O(() => linkedZone.value === void 0 ? place.value.query.get("tz") : null);
/** The zones to choose from: UTC, the browser's, and all others. */
var ZONES = [.../* @__PURE__ */ new Set([
	"UTC",
	LOCAL_ZONE,
	...Intl.supportedValuesOf("timeZone")
])];
/** Show all times in a zone from now on. */
function chooseZone(name) {
	chosenZone.value = name;
	write$1("zone", name);
}
function zoneNamed(name) {
	const wanted = {
		utc: "UTC",
		local: LOCAL_ZONE
	}[name.toLowerCase()] ?? name;
	try {
		new Intl.DateTimeFormat("en", { timeZone: wanted });
		return wanted;
	} catch {
		return;
	}
}
function asTheme(text) {
	return text === "light" || text === "dark" ? text : "auto";
}
// src/ui/shortcuts.ts
/** Keys for the whole console. They do nothing in fields and dialogs, and can be switched off. */
var PAGES = {
	m: {
		path: "/",
		name: "Models"
	},
	f: {
		path: "/first-event",
		name: "First event"
	},
	t: {
		path: "/tokens",
		name: "Tokens"
	},
	s: {
		path: "/settings",
		name: "Settings"
	}
};
var SEQUENCE_MS = 1500;
/** Listen to the keys. `help` shows them. */
function useShortcuts(help) {
	A(() => {
		let begun = 0;
		const press = (event) => {
			if (!hasShortcuts.value || isElsewhere(event)) return;
			const page = performance.now() - begun < SEQUENCE_MS ? PAGES[event.key] : void 0;
			begun = event.key === "g" ? performance.now() : 0;
			if (page) go(link(page.path));
			else if (event.key === "?") help();
			else if (event.key === "/") focus(event, "main input[type=\"search\"]");
			else if (event.key === "j") step(event, 1);
			else if (event.key === "k") step(event, -1);
		};
		document.addEventListener("keydown", press);
		return () => document.removeEventListener("keydown", press);
	}, [help]);
}
function isElsewhere(event) {
	return event.target.matches("input, select, textarea, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") !== null;
}
function focus(event, selector) {
	const found = document.querySelector(selector);
	if (!found) return;
	event.preventDefault();
	found.focus();
}
/** Move the focus to the next or previous row's link or button. */
function step(event, by) {
	const rows = [...document.querySelectorAll("main tbody tr")];
	const now = rows.findIndex((row) => row.contains(document.activeElement));
	const target = rows[now < 0 ? 0 : Math.min(Math.max(now + by, 0), rows.length - 1)]?.querySelector("a, button");
	if (!target) return;
	event.preventDefault();
	target.focus();
}
// src/ui/frame.tsx
/** The frame around all pages: navigation, time zone, theme, session. */
var isHelpOpen = y(false);
var isAdminPage = {
	"/tokens": true,
	"/settings": true
};
var openHelp = () => {
	isHelpOpen.value = true;
};
function Frame({ children }) {
	useShortcuts(openHelp);
	return /* @__PURE__ */ a($, { children: [
		/* @__PURE__ */ a("button", {
			type: "button",
			class: "skip",
			onClick: focusPage,
			children: "Skip to the page"
		}),
		/* @__PURE__ */ a("header", {
			class: "top",
			children: [
				/* @__PURE__ */ a("a", {
					class: "brand",
					href: link("/"),
					"aria-label": "Inference Events",
					children: [
						/* @__PURE__ */ a(Logo, {}),
						" ",
						/* @__PURE__ */ a("span", {
							class: "brand-name",
							children: "Inference Events"
						})
					]
				}),
				/* @__PURE__ */ a("span", { class: "spacer" }),
				/* @__PURE__ */ a(ZoneChoice, {}),
				/* @__PURE__ */ a(ThemeChoice, {}),
				/* @__PURE__ */ a("button", {
					type: "button",
					class: "plain",
					"aria-label": "Help and shortcuts",
					title: "Help and shortcuts",
					onClick: openHelp,
					children: "?"
				}),
				/* @__PURE__ */ a(SessionMenu, {})
			]
		}),
		/* @__PURE__ */ a("nav", {
			class: "side",
			"aria-label": "Pages",
			children: [Object.values(PAGES).map(({ path, name }) => isAdminPage[path] && !may("admin") ? null : /* @__PURE__ */ a(NavLink, {
				path,
				name
			})), /* @__PURE__ */ a("a", {
				href: new URL("docs", ROOT).href,
				children: "API docs"
			})]
		}),
		/* @__PURE__ */ a(Main, { children }),
		isHelpOpen.value && /* @__PURE__ */ a(Help, {})
	] });
}
function focusPage() {
	document.querySelector("main")?.focus();
}
function NavLink({ path, name }) {
	const now = place.value.path;
	const isCurrent = path === "/" ? now === "/" || now.startsWith("/models/") : now === path;
	return /* @__PURE__ */ a("a", {
		href: link(path),
		"aria-current": isCurrent ? "page" : void 0,
		children: name
	});
}
function Main({ children }) {
	const main = T(null);
	const { path } = place.value;
	const last = T(path);
	A(() => {
		if (last.current === path) return;
		last.current = path;
		main.current?.focus();
		scrollTo(0, 0);
	}, [path]);
	return /* @__PURE__ */ a("main", {
		ref: main,
		tabIndex: -1,
		children: [brokenZone.value !== null && /* @__PURE__ */ a("p", {
			class: "notice",
			role: "status",
			children: [
				"The link names the time zone ",
				/* @__PURE__ */ a("code", { children: brokenZone.value }),
				", which does not exist. Times are in ",
				zone.value,
				"."
			]
		}), children]
	});
}
function ZoneChoice() {
	const choose = (name) => {
		chooseZone(name);
		if (place.value.query.has("tz")) change({ tz: name });
	};
	return /* @__PURE__ */ a("select", {
		class: "choice",
		"aria-label": "Time zone",
		title: "Time zone of all times",
		value: zone.value,
		onChange: (event) => choose(event.currentTarget.value),
		children: (ZONES.includes(zone.value) ? ZONES : [zone.value, ...ZONES]).map((name) => /* @__PURE__ */ a("option", {
			value: name,
			children: name
		}, name))
	});
}
function ThemeChoice() {
	return /* @__PURE__ */ a("select", {
		class: "choice",
		"aria-label": "Theme",
		title: "Theme",
		value: theme.value,
		onChange: (event) => {
			theme.value = event.currentTarget.value;
		},
		children: [
			/* @__PURE__ */ a("option", {
				value: "auto",
				children: "Auto"
			}),
			/* @__PURE__ */ a("option", {
				value: "light",
				children: "Light"
			}),
			/* @__PURE__ */ a("option", {
				value: "dark",
				children: "Dark"
			})
		]
	});
}
function SessionMenu() {
	const { isRunning, error, run } = useAction();
	const who = session.value;
	if (!who) return null;
	return /* @__PURE__ */ a($, { children: [
		/* @__PURE__ */ a("span", {
			class: "who",
			title: `Logged in with the token ${who.token_name}: ${who.scopes.join(", ")}`,
			children: who.token_name
		}),
		/* @__PURE__ */ a("button", {
			type: "button",
			class: "small",
			disabled: isRunning,
			onClick: () => run(logOut),
			children: "Log out"
		}),
		error && /* @__PURE__ */ a(Failure, { error })
	] });
}
function Help() {
	const close = () => {
		isHelpOpen.value = false;
	};
	return /* @__PURE__ */ a(Dialog, {
		title: "Help",
		onClose: close,
		children: [
			/* @__PURE__ */ a("p", { children: "A link shows the same to everyone: search, order and page are part of the address." }),
			/* @__PURE__ */ a(CopyLink, {}),
			/* @__PURE__ */ a("h3", { children: "Shortcuts" }),
			/* @__PURE__ */ a("dl", {
				class: "keys",
				children: [
					Object.entries(PAGES).map(([key, page]) => /* @__PURE__ */ a("div", { children: [/* @__PURE__ */ a("dt", { children: [
						/* @__PURE__ */ a("kbd", { children: "g" }),
						" ",
						/* @__PURE__ */ a("kbd", { children: key })
					] }), /* @__PURE__ */ a("dd", { children: page.name })] }, key)),
					/* @__PURE__ */ a("div", { children: [/* @__PURE__ */ a("dt", { children: /* @__PURE__ */ a("kbd", { children: "/" }) }), /* @__PURE__ */ a("dd", { children: "Search" })] }),
					/* @__PURE__ */ a("div", { children: [/* @__PURE__ */ a("dt", { children: [
						/* @__PURE__ */ a("kbd", { children: "j" }),
						" ",
						/* @__PURE__ */ a("kbd", { children: "k" })
					] }), /* @__PURE__ */ a("dd", { children: "Next and previous row" })] }),
					/* @__PURE__ */ a("div", { children: [/* @__PURE__ */ a("dt", { children: /* @__PURE__ */ a("kbd", { children: "?" }) }), /* @__PURE__ */ a("dd", { children: "This help" })] })
				]
			}),
			/* @__PURE__ */ a("label", {
				class: "check",
				children: [/* @__PURE__ */ a("input", {
					type: "checkbox",
					checked: hasShortcuts.value,
					onChange: (event) => {
						hasShortcuts.value = event.currentTarget.checked;
					}
				}), "Use shortcuts of single keys"]
			}),
			/* @__PURE__ */ a("p", {
				class: "quiet",
				children: [/* @__PURE__ */ a("a", {
					href: "./licenses.txt",
					children: "Licences"
				}), " of the packages in this console"]
			})
		]
	});
}
function CopyLink() {
	const query = new URLSearchParams(place.value.query);
	query.set("tz", zone.value);
	const url = new URL(document.baseURI);
	url.hash = `${place.value.path}?${query}`;
	return /* @__PURE__ */ a("p", { children: /* @__PURE__ */ a(Copy, {
		text: url.href,
		what: "link to this page",
		label: "Copy link"
	}) });
}
// src/api/resource.ts
/** Data of the server for a part of a page: it is read again if its key changes, and the old one stays meanwhile. */
/** Read data with `load`, which gets a signal that aborts it; again every `every` milliseconds while the tab is visible. */
function useResource(key, load, every) {
	const [state, setState] = d({
		data: void 0,
		error: null,
		isLoading: true
	});
	const [round, setRound] = d(0);
	const controller = T(new AbortController());
	const reload = b(() => setRound((last) => last + 1), []);
	const cancel = b(() => controller.current.abort(), []);
	A(() => {
		const abort = new AbortController();
		controller.current = abort;
		setState((last) => ({
			...last,
			isLoading: true
		}));
		load(abort.signal).then((data) => abort.signal.aborted || setState({
			data,
			error: null,
			isLoading: false
		}), (error) => {
			if (abort.signal.aborted) setState((last) => ({
				...last,
				isLoading: false
			}));
			else setState((last) => ({
				...last,
				error: asFailure(error),
				isLoading: false
			}));
		});
		return () => abort.abort();
	}, [key, round]);
	A(() => {
		const wait = state.error ? (state.error.retryAfter ?? 5) * 1e3 : every;
		if (state.isLoading || wait === void 0 || state.error && !isPassing(state.error)) return;
		const timer = setInterval(() => document.visibilityState === "visible" && reload(), wait);
		return () => clearInterval(timer);
	}, [
		state,
		every,
		reload
	]);
	return {
		...state,
		reload,
		cancel
	};
}
function isPassing(error) {
	return error.status === 0 || error.status === 503;
}
function asFailure(error) {
	return error instanceof RequestFailed ? error : new RequestFailed(String(error), 0, null, null);
}
// src/ui/number.tsx
/** The only place that writes numbers. */
var WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
var UNITS = [
	"B",
	"KiB",
	"MiB",
	"GiB",
	"TiB"
];
/** Write a count with commas: 1,204. Text of a larger integer stays exact. */
function count(value) {
	return WHOLE.format(typeof value === "string" ? BigInt(value) : value);
}
/** Write a size: 4.0 MiB. */
function size(bytes) {
	const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
	const digits = power === 0 ? 0 : 1;
	return `${(bytes / 1024 ** power).toFixed(digits)} ${UNITS[power]}`;
}
/** Show a size; its title has the bytes. */
function Size({ bytes }) {
	return /* @__PURE__ */ a("span", {
		title: `${count(bytes)} bytes`,
		children: size(bytes)
	});
}
// src/ui/search.tsx
/** A field that searches while one types. Its text is part of the page's address. */
var WAIT_MS = 200;
function Search({ label }) {
	const linked = place.value.query.get("search") ?? "";
	const [text, setText] = d(linked);
	const sent = T(linked);
	A(() => {
		if (linked !== sent.current) setText(linked);
		sent.current = linked;
	}, [linked]);
	A(() => {
		if (text === sent.current) return;
		const timer = setTimeout(() => {
			sent.current = text;
			change({
				search: text || null,
				offset: null
			});
		}, WAIT_MS);
		return () => clearTimeout(timer);
	}, [text]);
	return /* @__PURE__ */ a("input", {
		type: "search",
		class: "search",
		placeholder: label,
		"aria-label": label,
		value: text,
		onInput: (event) => setText(event.currentTarget.value)
	});
}
// src/ui/table-box.tsx
function TableBox({ label, children }) {
	return /* @__PURE__ */ a("section", {
		class: "table-box",
		tabIndex: 0,
		"aria-label": label,
		children
	});
}
// src/ui/text.tsx
/** Text that somebody else wrote. Characters that hide or reorder others are shown as their codes. */
var SHOWN = 200;
var HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
/** Show a text that is not trusted, cut after 200 characters; its title has the rest. */
function Text({ value }) {
	const shown = plain(value);
	if (shown.length <= SHOWN) return /* @__PURE__ */ a("bdi", { children: shown });
	return /* @__PURE__ */ a("bdi", {
		title: shown,
		children: [shown.slice(0, SHOWN), "…"]
	});
}
/** Return a text in which hidden characters are written as their codes. */
function plain(value) {
	return value.replace(HIDDEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
// src/ui/time.tsx
/** The only place that writes times: ISO order, 24 hours, in the chosen zone. Microseconds stay as the server sent them. */
/** Show a time; its title has it in full, in the chosen zone and in UTC. */
function Time({ at, none = "–", isExact = false }) {
	if (at === null) return /* @__PURE__ */ a("span", {
		class: "quiet",
		children: none
	});
	const shown = inZone(at, zone.value);
	const fraction = /\.\d+/.exec(at)?.[0] ?? "";
	return /* @__PURE__ */ a("time", {
		dateTime: at,
		title: `${shown}${fraction} ${zone.value}, ${at}`,
		children: isExact ? `${shown}${fraction}` : shown
	});
}
/** Write a time as `2026-11-23 08:00:00` in a zone. */
function inZone(at, timeZone) {
	const parts = new Intl.DateTimeFormat("en", {
		timeZone,
		hourCycle: "h23",
		year: "numeric",
		month: "2-digit",
		day: "2-digit",
		hour: "2-digit",
		minute: "2-digit",
		second: "2-digit"
	}).formatToParts(new Date(at));
	const part = (type) => parts.find((one) => one.type === type)?.value ?? "";
	return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}:${part("second")}`;
}
// src/ui/pager.tsx
/** A page of a long list: which items are shown, and the ways to the others. */
function Pager({ offset, shown, total, limit, what }) {
	if (total === 0) return null;
	const to = (next) => () => change({ offset: next > 0 ? String(next) : null });
	return /* @__PURE__ */ a("nav", {
		class: "pager",
		"aria-label": `Pages of ${what}`,
		children: [/* @__PURE__ */ a("span", {
			role: "status",
			children: shown ? `${count(offset + 1)}–${count(offset + shown)} of ${count(total)} ${what}` : `0 of ${count(total)} ${what}`
		}), total > limit && /* @__PURE__ */ a($, { children: [/* @__PURE__ */ a("button", {
			type: "button",
			class: "small",
			disabled: offset === 0,
			onClick: to(offset - limit),
			children: "Previous"
		}), /* @__PURE__ */ a("button", {
			type: "button",
			class: "small",
			disabled: offset + shown >= total,
			onClick: to(offset + limit),
			children: "Next"
		})] })]
	});
}
// src/ui/sorting.tsx
/** The head of a column by which a list can be sorted. The order is part of the page's address. */
/** Return the order of the page: that of its address, else the usual one. */
function ordering(usual) {
	return place.value.query.get("sort") ?? usual;
}
function SortHead({ field, label, usual, isNumber }) {
	const now = ordering(usual);
	const isUp = now === field;
	const isDown = now === `-${field}`;
	const next = isUp ? `-${field}` : field;
	const sort = () => change({
		sort: next === usual ? null : next,
		offset: null
	});
	return /* @__PURE__ */ a("th", {
		scope: "col",
		class: isNumber ? "number" : "",
		"aria-sort": isUp ? "ascending" : isDown ? "descending" : "none",
		children: /* @__PURE__ */ a("button", {
			type: "button",
			class: "sort",
			onClick: sort,
			children: [label, /* @__PURE__ */ a("span", {
				"aria-hidden": "true",
				class: "arrow",
				children: isUp ? "↑" : isDown ? "↓" : ""
			})]
		})
	});
}
export { api as A, useAction as C, session as D, may as E, isLoginNeeded as M, ROOT as O, Logo as S, logIn as T, place as _, Text as a, Failure as b, Search as c, useResource as d, Frame as f, link as g, go as h, Time as i, body as j, RequestFailed as k, Size as l, change as m, ordering as n, plain as o, Copy as p, Pager as r, TableBox as s, SortHead as t, count as u, Dialog as v, findSession as w, Loaded as x, Empty as y };
