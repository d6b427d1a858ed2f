const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=["./models.js","./first-event.js","./vendor.js","./overview.js","./overview.css","./integrity.js","./charts.js","./charts.css","./column-words.js","./traffic.js","./alerting.js","./rolldown-runtime.js","./definitions.js","./definitions.css","./schema.js","./tokens.js","./settings.js"])))=>i.map(i=>d[i]);
import { _ as w, a as b, c as O, d as b$1, f as w$1, h as Y, i as T, l as T$1, m as y, n as r, o as h, p as x, t as s, u as _ } from "./vendor.js";
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
var isLoginNeeded = h(false);
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
	faults;
	constructor(message, status, requestId, retryAfter, faults = []) {
		super(message);
		this.status = status;
		this.requestId = requestId;
		this.retryAfter = retryAfter;
		this.faults = faults;
	}
};
var MAX_FIGURES = 2;
var figures = 0;
var queue = [];
/** Send a request. Figures are asked for two at a time, which is what the server computes at once. */
async function send(request) {
	if (request.method !== "POST" || !request.url.includes("/v3/monitoring/")) return sendNow(request);
	if (figures >= MAX_FIGURES) await new Promise((resolve) => queue.push(resolve));
	else figures++;
	try {
		request.signal.throwIfAborted();
		return await sendNow(request);
	} finally {
		const next = queue.shift();
		if (next) next();
		else figures--;
	}
}
async function sendNow(request) {
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
var api = r({
	baseUrl: ROOT.href,
	headers: { "X-Console": "1" },
	fetch: send
});
/** Return the body of an answer. Throws RequestFailed. */
async function body(answer) {
	const { data, error, response } = await answer;
	if (response.ok && data !== void 0) return data;
	const wait = Number(response.headers.get("Retry-After") ?? NaN);
	throw new RequestFailed(messageOf(error) ?? `The server responded with ${response.status}`, response.status, response.headers.get("X-Request-ID"), Number.isFinite(wait) ? wait : null, faultsOf(error));
}
function faultsOf(error) {
	return (error?.error?.errors ?? []).map(({ message }) => {
		const [, pointer = "", text = ""] = /^(\/\S*): (.*)$/s.exec(String(message)) ?? [];
		return pointer ? {
			pointer,
			message: text
		} : {
			pointer,
			message: String(message)
		};
	});
}
function messageOf(error) {
	const message = error?.error?.message;
	return typeof message === "string" ? message : null;
}
// src/ui/stored.ts
/** What this browser remembers. Where nothing can be stored, nothing is remembered. */
var PREFIX = "inference-events.";
/** Return what is remembered under a name, null if nothing is. */
function read$1(name) {
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
var session = h(void 0);
var isAdmin = b(() => session.value?.scopes.includes("admin") ?? false);
/** Return whether the token has a scope, or `admin`. The server decides; this only hides what it would refuse. */
function may(scope) {
	return isAdmin.value || (session.value?.scopes.includes(scope) ?? false);
}
/** Find out who is logged in. A browser that never logged in does not ask. */
async function findSession() {
	session.value = read$1("session") ? (await body(api.GET("/v3/session"))).data : null;
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
	const [state, setState] = _({
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
	return /* @__PURE__ */ s("svg", {
		class: "logo",
		viewBox: "0 0 16 16",
		width: "18",
		height: "18",
		"aria-hidden": "true",
		children: [/* @__PURE__ */ s("rect", {
			width: "16",
			height: "16",
			rx: "3",
			class: "logo-ground"
		}), /* @__PURE__ */ s("path", {
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
	return /* @__PURE__ */ s("div", {
		class: "stack",
		"aria-busy": isLoading,
		children: [
			error && /* @__PURE__ */ s(Failure, {
				error,
				retry: resource.reload
			}),
			isLoading && seconds >= 2 && /* @__PURE__ */ s(Slow, {
				seconds,
				cancel: resource.cancel
			}),
			data !== void 0 && /* @__PURE__ */ s("div", {
				class: isLoading && seconds >= .5 ? "stack stale" : "stack",
				children: children(data)
			}),
			data === void 0 && !isLoading && !error && /* @__PURE__ */ s("p", {
				class: "quiet",
				children: [
					"Cancelled.",
					" ",
					/* @__PURE__ */ s("button", {
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
	return /* @__PURE__ */ s("div", {
		class: "notice bad",
		role: "alert",
		children: [
			/* @__PURE__ */ s("p", { children: error.message }),
			/* @__PURE__ */ s("p", {
				class: "quiet",
				children: [
					error.status ? `Status ${error.status}` : "No response",
					error.requestId && /* @__PURE__ */ s(w, { children: [", request ", /* @__PURE__ */ s("code", { children: error.requestId })] }),
					error.retryAfter !== null && `, tried again in ${error.retryAfter} s`
				]
			}),
			retry && !isFinal && /* @__PURE__ */ s("button", {
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
	return /* @__PURE__ */ s("div", {
		class: "empty",
		children: [/* @__PURE__ */ s("p", {
			class: "strong",
			children: title
		}), children]
	});
}
function Slow({ seconds, cancel }) {
	return /* @__PURE__ */ s("p", {
		class: "quiet",
		role: "status",
		children: [
			"Loading for ",
			Math.floor(seconds),
			" s",
			" ",
			/* @__PURE__ */ s("button", {
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
	const [seconds, setSeconds] = _(0);
	y(() => {
		setSeconds(0);
		if (!isOn) return;
		const timer = setInterval(() => setSeconds((last) => last + .5), 500);
		return () => clearInterval(timer);
	}, [isOn]);
	return seconds;
}
// src/url/zone.ts
var formats = /* @__PURE__ */ new Map();
/** Return what the clock of a zone shows at an instant in milliseconds. */
function wallOf(at, zone) {
	let format = formats.get(zone);
	if (!format) {
		format = new Intl.DateTimeFormat("en-u-ca-iso8601", {
			timeZone: zone,
			hourCycle: "h23",
			year: "numeric",
			month: "numeric",
			day: "numeric",
			hour: "numeric",
			minute: "numeric",
			second: "numeric"
		});
		formats.set(zone, format);
	}
	const parts = new Map(format.formatToParts(new Date(at)).map((part) => [part.type, Number(part.value)]));
	const part = (type) => parts.get(type) ?? 0;
	return [
		part("year"),
		part("month"),
		part("day"),
		part("hour"),
		part("minute"),
		part("second")
	];
}
/** Return how many milliseconds the clock of a zone is ahead of UTC at an instant. */
function offsetAt(at, zone) {
	const second = Math.floor(at / 1e3) * 1e3;
	return utc(wallOf(second, zone)) - second;
}
/**
* Return the instant at which the clock of a zone shows a time. Of two, the first; a time that the clock skips is that of
* the offset before.
*/
function instantOf(wall, zone) {
	const shown = utc(wall);
	const before = offsetAt(shown - 864e5, zone);
	return shown - ([before, offsetAt(shown + 864e5, zone)].filter((offset) => offsetAt(shown - offset, zone) === offset)[0] ?? before);
}
/** Write an instant as `2013-03-10T00:00:00-05:00` on the clock of a zone. */
function localIso(at, zone) {
	const offset = offsetAt(at, zone);
	const minutes = Math.abs(offset) / 6e4;
	const two = (value) => String(Math.floor(value)).padStart(2, "0");
	return `${new Date(at + offset).toISOString().slice(0, 19)}${offset < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
function utc([year, month, day, hour, minute, second]) {
	return Date.UTC(year, month - 1, day, hour, minute, second);
}
// src/url/range.ts
/**
* Ranges of time: `from` and `to` of an address, and what is typed.
*
* A point is `now`, `now-7d`, `now/d` (the start of the day; as the end of a range, its end), `now-1M/M`, a time in
* ISO 8601 with `Z` or an offset, or a date or time of day without one, which is read in the zone of the page. Units are
* s, m, h, d, w, M, Q, y. `from=all` is everything that is stored. Bounds are instants in milliseconds; days, weeks
* (from Monday), months, quarters and years are of the zone. No function reads the clock: `now` is an argument.
*/
var MINUTE = 6e4;
var HOUR = 60 * MINUTE;
var DAY = 24 * HOUR;
var ALL = {
	from: "all",
	to: "now"
};
var PRESETS = [
	{
		name: "Last 15 minutes",
		range: last("15m")
	},
	{
		name: "Last hour",
		range: last("1h")
	},
	{
		name: "Last 6 hours",
		range: last("6h")
	},
	{
		name: "Last 24 hours",
		range: last("24h")
	},
	{
		name: "Last 7 days",
		range: last("7d")
	},
	{
		name: "Last 30 days",
		range: last("30d")
	},
	{
		name: "Last 90 days",
		range: last("90d")
	},
	{
		name: "Today",
		range: {
			from: "now/d",
			to: "now/d"
		}
	},
	{
		name: "All events",
		range: ALL
	}
];
var UNITS$1 = {
	s: "s sec secs second seconds",
	m: "m min mins minute minutes",
	h: "h hr hrs hour hours",
	d: "d day days",
	w: "w week weeks",
	M: "M mo month months",
	Q: "Q quarter quarters",
	y: "y year years"
};
var FIXED = {
	s: 1e3,
	m: MINUTE,
	h: HOUR
};
var RELATIVE = /^now(?:([+-]\d{1,6})([smhdwMQy]))?(?:\/([smhdwMQy]))?$/;
var ISO = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
function last(span) {
	return {
		from: `now-${span}`,
		to: "now"
	};
}
/** Return the instant of a point of time, undefined if it is none. `isEnd` rounds up instead of down. */
function instant(text, now, zone, isEnd = false) {
	const relative = RELATIVE.exec(text.trim());
	if (!relative) return absolute(text.trim(), zone, isEnd);
	const [, amount, unit, floor] = relative;
	const moved = amount && unit ? add(now, Number(amount), unit, zone) : now;
	if (!floor) return moved;
	const start = startOf(moved, floor, zone);
	return isEnd ? add(start, 1, floor, zone) : start;
}
/** Return the bounds of a range, undefined if it is none or ends before it starts. */
function boundsOf({ from, to }, now, zone) {
	const start = instant(from, now, zone);
	const end = instant(to, now, zone, true);
	return start !== void 0 && end !== void 0 && start < end ? {
		start,
		end
	} : void 0;
}
/** Return an absolute range of bounds. */
function freeze({ start, end }) {
	return {
		from: iso(start),
		to: iso(end)
	};
}
/** Return the range of the same length, moved by a part of it: -0.5 is half of it back. */
function shift({ start, end }, part) {
	const by = Math.round((end - start) * part);
	return {
		start: start + by,
		end: end + by
	};
}
/** Return a range of double the length around the same middle, which ends at `now` at most. */
function zoomOut({ start, end }, now) {
	const half = Math.round((end - start) / 2);
	const last = end <= now ? Math.min(end + half, now) : end + half;
	return {
		start: last - 4 * half,
		end: last
	};
}
/** Return the range before, of the same length. */
function previous(bounds) {
	return shift(bounds, -1);
}
/**
* Return the range of a first visit: the smallest preset of a day or more that holds the newest event, else the seven days
* that end with it.
*/
function firstRange(newest, now, zone) {
	for (const span of [
		DAY,
		7 * DAY,
		30 * DAY,
		90 * DAY
	]) if (newest === null || newest > now - span && newest <= now) return {
		range: last(span === 864e5 ? "24h" : `${span / DAY}d`),
		isPast: false
	};
	const end = add(startOf(newest ?? now, "d", zone), 1, "d", zone);
	return {
		range: freeze({
			start: add(end, -7, "d", zone),
			end
		}),
		isPast: true
	};
}
/** Read what somebody typed: `7d`, `last 3 weeks`, `today`, `yesterday`, `2013-12`, or two points with `to` between. */
function typed(text, now, zone) {
	const said = text.trim();
	const span = /^(?:last\s+)?(\d{1,6})?\s*([a-z]+)$/i.exec(said);
	const unit = span?.[2] && unitOf(span[2]);
	if (unit && (span[1] || /^last/i.test(said))) return {
		from: `now-${span[1] ?? 1}${unit}`,
		to: "now"
	};
	const named = NAMED[said.toLowerCase()];
	if (named) return named;
	const parts = said.split(/\s+(?:to|until|–|-|—)\s+|\s*(?:\.\.|–|—)\s*/);
	const [from = "", to = from] = parts;
	const range = parts.length === 1 && RELATIVE.test(from) ? {
		from,
		to: "now"
	} : {
		from,
		to
	};
	const bounds = parts.length <= 2 ? boundsOf(range, now, zone) : void 0;
	if (!bounds) return void 0;
	return RELATIVE.test(range.from) ? range : freeze(bounds);
}
var NAMED = {
	all: ALL,
	everything: ALL,
	today: {
		from: "now/d",
		to: "now/d"
	},
	yesterday: {
		from: "now-1d/d",
		to: "now-1d/d"
	},
	"this week": {
		from: "now/w",
		to: "now/w"
	},
	"last week": {
		from: "now-1w/w",
		to: "now-1w/w"
	},
	"this month": {
		from: "now/M",
		to: "now/M"
	},
	"last month": {
		from: "now-1M/M",
		to: "now-1M/M"
	}
};
/** Write an instant as ISO 8601 in UTC. */
function iso(at) {
	return new Date(at).toISOString().replace(".000Z", "Z");
}
function unitOf(word) {
	return (Object.entries(UNITS$1).find(([, words]) => words.split(" ").includes(word)) ?? Object.entries(UNITS$1).find(([, words]) => words.split(" ").includes(word.toLowerCase())))?.[0];
}
function absolute(text, zone, isEnd) {
	const found = ISO.exec(text);
	if (!found) return void 0;
	const [, year, month, day, hour, minute, second, fraction, offset] = found;
	const wall = [
		year,
		month ?? 1,
		day ?? 1,
		hour ?? 0,
		minute ?? 0,
		second ?? 0
	].map(Number);
	const checked = new Date(Date.UTC(wall[0], wall[1] - 1, wall[2], wall[3], wall[4], wall[5]));
	if (checked.getUTCMonth() !== wall[1] - 1 || checked.getUTCDate() !== wall[2] || wall[3] > 23) return void 0;
	const whole = offset ? checked.getTime() - offsetOf(offset) : instantOf(wall, zone);
	if (isEnd && hour === void 0) return add(whole, 1, day ? "d" : month ? "M" : "y", zone);
	return whole + (isEnd ? Math.ceil : Math.floor)(Number(`0.${fraction ?? 0}`) * 1e3);
}
function offsetOf(text) {
	if (text.toUpperCase() === "Z") return 0;
	const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(text) ?? [];
	return (sign === "-" ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE);
}
/** Return the instant some units later on the clock of a zone. */
function add(at, amount, unit, zone) {
	const fixed = FIXED[unit];
	if (fixed) return at + amount * fixed;
	const [year, month, day, ...clock] = wallOf(at, zone);
	if (unit === "d" || unit === "w") return instantOf([
		year,
		month,
		day + amount * (unit === "w" ? 7 : 1),
		...clock
	], zone);
	const months = amount * ({
		M: 1,
		Q: 3,
		y: 12
	}[unit] ?? 0);
	const lastDay = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
	return instantOf([
		year,
		month + months,
		Math.min(day, lastDay),
		...clock
	], zone);
}
/** Return the start of the unit that an instant is in. */
function startOf(at, unit, zone) {
	const [year, month, day, , minute, second] = wallOf(at, zone);
	switch (unit) {
		case "s":
		case "m": return Math.floor(at / (FIXED[unit] ?? 1)) * (FIXED[unit] ?? 1);
		case "h": return Math.floor(at / 1e3) * 1e3 - minute * MINUTE - second * 1e3;
		case "d": return instantOf([
			year,
			month,
			day,
			0,
			0,
			0
		], zone);
		case "w": return instantOf([
			year,
			month,
			day - (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7,
			0,
			0,
			0
		], zone);
		case "M": return instantOf([
			year,
			month,
			1,
			0,
			0,
			0
		], zone);
		case "Q": return instantOf([
			year,
			month - (month - 1) % 3,
			1,
			0,
			0,
			0
		], zone);
		default: return instantOf([
			year,
			1,
			1,
			0,
			0,
			0
		], zone);
	}
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
var place = h(parse(location.hash));
addEventListener("hashchange", () => {
	place.value = parse(location.hash);
});
/** Return the link to a path with a query; empty values are left out, a list is a parameter for each item. */
function link(path, query = {}) {
	const text = new URLSearchParams();
	apply(text, query);
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
	apply(next, query);
	history.replaceState(null, "", `#${path}${next.size ? `?${next}` : ""}`);
	place.value = {
		path,
		query: next
	};
}
/** Change parameters of the page's address as a step, which the browser's way back undoes. */
function step(query) {
	const { path, query: now } = place.value;
	const next = new URLSearchParams(now);
	apply(next, query);
	go(`#${path}${next.size ? `?${next}` : ""}`);
}
function apply(text, query) {
	for (const [name, value] of Object.entries(query)) {
		text.delete(name);
		for (const one of Array.isArray(value) ? value : [value]) if (one) text.append(name, one);
	}
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
// src/url/routes.ts
var NAMES = {
	range: ["from", "to"],
	env: ["env"],
	segment: ["segment"],
	f: ["f"],
	compare: ["compare"]
};
/** What belongs to one model, and means nothing for another. */
var OF_MODEL = [
	"env",
	"segment",
	"f",
	"compare"
];
/** In the order of the navigation. Each page is in a file of its own that is loaded when the page is opened. */
var ROUTES = [
	page("/", "Models", "m", async () => (await __vitePreload(async () => {
		const { Models } = await import("./models.js");
		return { Models };
	}, __vite__mapDeps([0,1,2]), import.meta.url)).Models),
	ofModel("", "Overview", "o", [
		"range",
		"env",
		"segment"
	], async () => (await __vitePreload(async () => {
		const { Overview } = await import("./overview.js");
		return { Overview };
	}, __vite__mapDeps([3,2,4]), import.meta.url)).Overview),
	ofModel("integrity", "Integrity", "i", [
		"range",
		"env",
		"segment",
		"compare"
	], async () => (await __vitePreload(async () => {
		const { Integrity } = await import("./integrity.js");
		return { Integrity };
	}, __vite__mapDeps([5,2,6,7,8]), import.meta.url)).Integrity),
	ofModel("traffic", "Traffic", "r", [
		"range",
		"env",
		"segment",
		"compare"
	], async () => (await __vitePreload(async () => {
		const { Traffic } = await import("./traffic.js");
		return { Traffic };
	}, __vite__mapDeps([9,6,2,7]), import.meta.url)).Traffic),
	ofModel("alerts", "Alerts", "a", [], async () => (await __vitePreload(async () => {
		const { AlertsPage } = await import("./alerting.js").then((n) => n.i);
		return { AlertsPage };
	}, __vite__mapDeps([10,11,2,12,6,7,13]), import.meta.url)).AlertsPage),
	ofModel("rules", "Alert rules", "u", [], async () => (await __vitePreload(async () => {
		const { RulesPage } = await import("./alerting.js").then((n) => n.n);
		return { RulesPage };
	}, __vite__mapDeps([10,11,2,12,6,7,13]), import.meta.url)).RulesPage),
	ofModel("segments", "Segments", "n", ["range", "env"], async () => (await __vitePreload(async () => {
		const { SegmentsPage } = await import("./definitions.js").then((n) => n.t);
		return { SegmentsPage };
	}, __vite__mapDeps([12,11,2,6,7,13]), import.meta.url)).SegmentsPage),
	ofModel("metrics", "Custom metrics", "c", ["range", "env"], async () => (await __vitePreload(async () => {
		const { MetricsPage } = await import("./definitions.js").then((n) => n.t);
		return { MetricsPage };
	}, __vite__mapDeps([12,11,2,6,7,13]), import.meta.url)).MetricsPage),
	ofModel("baselines", "Baselines", "b", [], async () => (await __vitePreload(async () => {
		const { BaselinesPage } = await import("./definitions.js").then((n) => n.n);
		return { BaselinesPage };
	}, __vite__mapDeps([12,11,2,6,7,13]), import.meta.url)).BaselinesPage),
	ofModel("schema", "Model", "k", [], async () => (await __vitePreload(async () => {
		const { SchemaPage } = await import("./schema.js");
		return { SchemaPage };
	}, __vite__mapDeps([14,2,8]), import.meta.url)).SchemaPage),
	page("/first-event", "First event", "f", async () => (await __vitePreload(async () => {
		const { FirstEventPage } = await import("./first-event.js");
		return { FirstEventPage };
	}, __vite__mapDeps([1,2]), import.meta.url)).FirstEventPage),
	page("/webhooks", "Webhooks", "w", async () => (await __vitePreload(async () => {
		const { WebhooksPage } = await import("./alerting.js").then((n) => n.t);
		return { WebhooksPage };
	}, __vite__mapDeps([10,11,2,12,6,7,13]), import.meta.url)).WebhooksPage),
	page("/deliveries", "Messages", "v", async () => (await __vitePreload(async () => {
		const { DeliveriesPage } = await import("./alerting.js").then((n) => n.r);
		return { DeliveriesPage };
	}, __vite__mapDeps([10,11,2,12,6,7,13]), import.meta.url)).DeliveriesPage, true),
	page("/tokens", "Tokens", "t", async () => (await __vitePreload(async () => {
		const { Tokens } = await import("./tokens.js");
		return { Tokens };
	}, __vite__mapDeps([15,2]), import.meta.url)).Tokens, true),
	page("/settings", "Settings", "s", async () => (await __vitePreload(async () => {
		const { SettingsPage } = await import("./settings.js");
		return { SettingsPage };
	}, __vite__mapDeps([16,2]), import.meta.url)).SettingsPage, true)
];
/** Return the page at a path, with the model's id and the item that the path names. */
function routeAt(path) {
	for (const route of ROUTES) {
		const found = route.path.exec(path);
		if (found) return {
			route,
			id: decoded(found.groups?.id) ?? "",
			item: decoded(found.groups?.item)
		};
	}
	return null;
}
/** Return the link to a page, with what it takes of the present address. `query` comes on top; null removes. */
function linkTo(path, query = {}) {
	const target = routeAt(path);
	const isSameModel = target?.route.isOfModel && target.id === routeAt(place.value.path)?.id;
	const kept = (target?.route.takes ?? []).flatMap((one) => NAMES[one]).filter((name) => isSameModel || !OF_MODEL.includes(name));
	const now = place.value.query;
	return link(path, {
		...Object.fromEntries(kept.map((name) => [name, now.getAll(name)])),
		...query
	});
}
/** Return the link to a page of a model, such as `linkToPage(id, "integrity", "distance")`. */
function linkToPage(modelId, part, item = null, query = {}) {
	return linkTo(`/models/${modelId}${[part, item].filter((one) => one).map((one) => `/${encodeURIComponent(one ?? "")}`).join("")}`, query);
}
/** Return whether there is such a page of a model. */
function hasPage(part) {
	return ROUTES.some((route) => route.base === `/models/:id/${part}`);
}
function page(base, title, key, load, isAdmin = false) {
	return {
		path: base === "/" ? /^\/$/ : new RegExp(`^${base}(?:/(?<item>[^/]+))?$`),
		base,
		title,
		key,
		takes: [],
		isAdmin,
		isOfModel: false,
		load
	};
}
function ofModel(part, title, key, takes, load) {
	return {
		path: new RegExp(`^/models/(?<id>[^/]+)${part && `/${part}(?:/(?<item>[^/]+))?`}$`),
		base: `/models/:id${part && `/${part}`}`,
		title,
		key,
		takes,
		isAdmin: false,
		isOfModel: true,
		load
	};
}
function decoded(text) {
	if (text === void 0) return null;
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
// src/api/resource.ts
/** Data of the server for a part of a page: it is read again if its key changes, and the old one stays meanwhile. */
/** Read data with `load`, which gets a signal that aborts it; again every `every` milliseconds while the tab is visible. */
function useResource(key, load, every) {
	const [state, setState] = _({
		data: void 0,
		error: null,
		isLoading: true
	});
	const [round, setRound] = _(0);
	const controller = x(new AbortController());
	const reload = w$1(() => setRound((last) => last + 1), []);
	const cancel = w$1(() => controller.current.abort(), []);
	y(() => {
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
	y(() => {
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
// src/api/pulse.ts
/**
* Whether a model has changed: the only thing that the console asks for again and again, every two seconds.
*
* `pulse` is the newest state of the model that is open, null until it is known. `useLive` reads data again if the data
* revision moves. Nothing is sent while the tab is hidden or `isLive` is off. A panel waits ten times as long as its last
* response took, so that a model under full load does not keep the server busy with figures.
*/
var EVERY_MS = 2e3;
var REST = 10;
/** The state of the model that is open. */
var pulse = h(null);
/** Why there is no newer state, null if there is none. */
var pulseError = h(null);
/** Whether the pages follow the data. */
var isLive = h(true);
/** The moment of the newest state in milliseconds, which is `now` in ranges. */
var now = h(Date.now());
/** Follow a model as long as the component is shown. */
function usePulse(modelId) {
	y(() => {
		const abort = new AbortController();
		let etag = "";
		let timer = 0;
		const read = async () => {
			clearTimeout(timer);
			if (document.visibilityState === "visible" && (isLive.value || pulse.value === null)) etag = await update(modelId, etag, abort.signal);
			if (!abort.signal.aborted) timer = setTimeout(read, (pulseError.value?.retryAfter ?? 0) * 1e3 || EVERY_MS);
		};
		const show = () => document.visibilityState === "visible" && read();
		document.addEventListener("visibilitychange", show);
		read();
		return () => {
			abort.abort();
			clearTimeout(timer);
			document.removeEventListener("visibilitychange", show);
			pulse.value = null;
			pulseError.value = null;
		};
	}, [modelId]);
}
async function update(modelId, etag, abort) {
	const params = {
		query: { model_id: modelId },
		header: etag ? { "If-None-Match": etag } : {}
	};
	try {
		const response = await api.GET("/v3/monitoring/pulse", {
			params,
			signal: abort
		});
		if (response.response.status !== 304) pulse.value = (await body(Promise.resolve(response))).data;
		pulseError.value = null;
		now.value = Date.now();
		return response.response.headers.get("ETag") ?? etag;
	} catch (error) {
		if (!abort.aborted) pulseError.value = error;
		return etag;
	}
}
/** Read data as `useResource` does, and again if `revision` moves. */
function useLive(key, revision, load) {
	const last = x({
		revision: "",
		took: 0,
		ended: 0
	});
	const timed = async (abort) => {
		const begun = performance.now();
		last.current.revision = revision;
		const data = await load(abort);
		last.current = {
			revision,
			took: performance.now() - begun,
			ended: performance.now()
		};
		return data;
	};
	const resource = useResource(key, timed);
	y(() => {
		if (resource.isLoading || revision === last.current.revision) return;
		const { took, ended } = last.current;
		const timer = setTimeout(resource.reload, Math.max(0, ended + REST * took - performance.now()));
		return () => clearTimeout(timer);
	}, [
		revision,
		resource.isLoading,
		resource.reload
	]);
	return resource;
}
// src/api/alert-marks.ts
/** Records of alerts as marks on the charts over time of their model. */
var BEFORE_MS = 12096e5;
var AFTER_MS = 1728e5;
var MAX_MARKS = 50;
var NONE = [];
/** The alerts in the range of the page, which its charts over time show. */
var alertMarks = h(NONE);
/** Keep the alerts of a range as marks. A dataset has none, because rules do not judge it. */
function useAlertMarks(selection) {
	const isJudged = selection?.environment.type === "PRODUCTION";
	const state = `${selection?.revision} ${JSON.stringify(pulse.value?.open_alerts)}`;
	const found = useLive(`marks ${selection?.key}`, state, async (abort) => {
		if (!selection || !isJudged) return NONE;
		const { from, to } = freeze(selection.bounds);
		const query = {
			start_time: from,
			end_time: to,
			limit: MAX_MARKS,
			filter: JSON.stringify({
				condition: "AND",
				rules: [{
					field: "model_id",
					operator: "equal",
					value: selection.modelId
				}, {
					field: "severity",
					operator: "not_equal",
					value: "DEFAULT"
				}]
			})
		};
		const { items } = (await body(api.GET("/v3/monitoring/alert-records", {
			params: { query },
			signal: abort
		}))).data;
		return items.map(markOf);
	});
	y(() => {
		alertMarks.value = found.data ?? NONE;
	}, [found.data]);
	y(() => () => {
		alertMarks.value = NONE;
	}, []);
}
function markOf(record) {
	const of = record.feature_name ? ` of ${record.feature_name}` : "";
	return {
		at: iso(record.alert_time_bucket),
		text: `${record.severity.toLowerCase()}: ${record.alert_rule.name}${of}`,
		isBad: record.severity === "CRITICAL",
		href: linkToPage(record.model.id, "rules", record.alert_rule.id, aroundBin(record.alert_time_bucket))
	};
}
/** Return the absolute range around a bin that a link to its chart names. */
function aroundBin(start) {
	return freeze({
		start: start - BEFORE_MS,
		end: start + AFTER_MS
	});
}
// src/ui/open-model.ts
/** The model that is open, for the head of the frame; null until it is loaded. */
var openModel = h(null);
// src/ui/preferences.ts
/** What a user chose for all pages: time zone, theme, shortcuts. A link may name another zone. */
var LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
var theme = h(asTheme(read$1("theme")));
var hasShortcuts = h(read$1("shortcuts") !== "off");
var chosenZone = h(read$1("zone") ?? "UTC");
T(() => {
	document.documentElement.dataset.theme = theme.value;
	write$1("theme", theme.value);
});
T(() => write$1("shortcuts", hasShortcuts.value ? "on" : "off"));
/** The zone that the address names, null if it names none, undefined if it is not one. */
var linkedZone = b(() => {
	const name = place.value.query.get("tz");
	return name === null ? null : zoneNamed(name);
});
/** The IANA name of the zone in which all times are shown. */
var zone = b(() => linkedZone.value ?? zoneNamed(chosenZone.value) ?? "UTC");
/** The part of the address that names no zone, null if there is none. */
var brokenZone = b(() => linkedZone.value === void 0 ? place.value.query.get("tz") : null);
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
// src/url/selection.ts
/**
* What the pages of a model show: an environment, a range of time, a segment, and what to compare with.
*
* `useSelection()` gives it to a page that takes `range` or `env`; the frame shows such a page once it is known. Pass
* `selection.body` to the operations of `/v3/monitoring/`, and `selection.key` and `selection.revision` to `useLive`.
* The key names the range as it is in the address, so a panel does not load again because a second has passed.
*/
var TICK_MS = 3e5;
/** When the first event of an environment was, by the environment's id: for the range of everything. */
var earliest = h({});
/** The selection of the address, null until the model's state is known. */
var read = b(() => {
	const { path, query } = place.value;
	const here = routeAt(path);
	const known = pulse.value;
	const production = known?.environments[0];
	if (!here?.route.isOfModel || !known || !production) return null;
	const problems = [];
	const name = takes("env") ? query.get("env") : null;
	const found = name ? known.environments.find((one) => one.name === name) : production;
	if (!found) problems.push(`The model has no environment “${name}”. This is ${production.name}.`);
	const environment = found ?? production;
	const { range, bounds, isPast } = readRange(environment, problems);
	const segment = takes("segment") ? query.get("segment") : null;
	const compare = takes("compare") ? query.get("compare") : null;
	const body = {
		model_id: here.id,
		environment_id: environment.id,
		time_range: {
			start_time: iso(bounds.start),
			end_time: iso(bounds.end)
		},
		time_zone: zone.value,
		...segment ? { segment: { id: segment } } : {}
	};
	const tick = /now|all/.test(range.from + range.to) ? Math.floor(now.value / TICK_MS) : 0;
	const key = JSON.stringify([
		here.id,
		environment.id,
		range,
		zone.value,
		segment,
		tick,
		earliest.value[environment.id]
	]);
	const compared = compare === "previous" ? previous(bounds) : null;
	const { data_revision: revision } = environment;
	return {
		selection: {
			modelId: here.id,
			environment,
			range,
			bounds,
			compared,
			segment,
			zone: zone.value,
			revision,
			key: compared ? `${key} previous` : key,
			body
		},
		problems,
		isPast
	};
});
function readRange(environment, problems) {
	const { query } = place.value;
	const newest = environment.newest_event && Date.parse(environment.newest_event.timestamp);
	const first = firstRange(newest, now.value, zone.value);
	const usual = {
		...first,
		bounds: boundsOf(first.range, now.value, zone.value) ?? {
			start: 0,
			end: 1
		}
	};
	const from = takes("range") ? query.get("from") : null;
	if (from === null) return usual;
	const range = {
		from,
		to: query.get("to") ?? "now"
	};
	const bounds = from === ALL.from ? everything(environment, newest) : boundsOf(range, now.value, zone.value);
	if (bounds) return {
		range,
		bounds,
		isPast: false
	};
	problems.push(`“${range.from}” to “${range.to}” is no range of time, so it is ignored.`);
	return usual;
}
/** Bounds of everything that is stored; a guess until the first event's time is known. */
function everything(environment, newest) {
	const last = newest === null ? now.value : newest + 1;
	const start = earliest.value[environment.id] ?? last - 7776e6;
	return {
		start: Math.min(start, last - 1),
		end: last
	};
}
function takes(parameter) {
	return routeAt(place.value.path)?.route.takes.includes(parameter) ?? false;
}
/** Return the selection. Only for pages that take a range or an environment. */
function useSelection() {
	const known = read.value;
	if (!known) throw new Error("the selection is not known yet");
	return known.selection;
}
/** Show another range, as a step that the browser's way back undoes. */
function show(range) {
	step({
		from: range.from,
		to: range.to === "now" ? null : range.to
	});
}
/** Show the range from one instant to another. */
function zoom(bounds) {
	show(freeze(bounds));
}
/** Show the range moved by a part of its length. */
function move(part) {
	const known = read.value;
	if (known) zoom(shift(known.selection.bounds, part));
}
/** Show double the range. */
function widen() {
	const known = read.value;
	if (known) zoom(zoomOut(known.selection.bounds, Math.max(now.value, known.selection.bounds.end)));
}
/** Show the middle half of the range. */
function narrow() {
	const known = read.value;
	if (!known) return;
	const { start, end } = known.selection.bounds;
	const quarter = Math.round((end - start) / 4);
	zoom({
		start: start + quarter,
		end: end - quarter
	});
}
/** Write the range into the address as absolute times. */
function freezeRange() {
	const known = read.value;
	if (known && takes("range")) change({ ...freeze(known.selection.bounds) });
}
/** Return the address of the page, with which everyone sees the same: absolute times, and the zone. */
function frozenLink() {
	const query = new URLSearchParams(place.value.query);
	const known = read.value;
	if (known && takes("range")) {
		const { from, to } = freeze(known.selection.bounds);
		query.set("from", from);
		query.set("to", to);
	}
	query.set("tz", zone.value);
	const url = new URL(document.baseURI);
	url.hash = `${place.value.path}?${query}`;
	return url.href;
}
// src/ui/menu.tsx
function MenuButton({ label, text, isForm = false, children }) {
	const box = x(null);
	const close = () => box.current?.removeAttribute("open");
	y(() => {
		const leave = (event) => {
			if (event.target instanceof Node && !box.current?.contains(event.target)) close();
		};
		document.addEventListener("pointerdown", leave);
		document.addEventListener("focusin", leave);
		return () => {
			document.removeEventListener("pointerdown", leave);
			document.removeEventListener("focusin", leave);
		};
	}, []);
	const press = (event) => {
		if (event.key !== "Escape" || !box.current?.open) return;
		close();
		box.current.querySelector("summary")?.focus();
		event.stopPropagation();
	};
	const choose = (event) => {
		if (isForm || !(event.target instanceof Element) || !event.target.closest("button")) return;
		close();
		box.current?.querySelector("summary")?.focus();
	};
	return /* @__PURE__ */ s("details", {
		class: "menu",
		ref: box,
		onKeyDown: press,
		children: [/* @__PURE__ */ s("summary", {
			"aria-label": label,
			title: label,
			children: text
		}), /* @__PURE__ */ s("div", {
			class: isForm ? "menu-box form" : "menu-box",
			onClick: choose,
			children
		})]
	});
}
// src/ui/time.tsx
/** The only place that writes times: ISO order, 24 hours, in the chosen zone. Microseconds stay as the server sent them. */
/** Show a time; its title has it in full, in the chosen zone and in UTC. */
function Time({ at, none = "–", isExact = false }) {
	if (at === null) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: none
	});
	const shown = inZone(at, zone.value);
	const fraction = /\.\d+/.exec(at)?.[0] ?? "";
	return /* @__PURE__ */ s("time", {
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
// src/ui/range-picker.tsx
/** The choice of a range of time: presets, typed text, two points, half a range back and forth, zoom out. */
function RangePicker({ selection }) {
	const name = nameOf(selection.range, selection.bounds);
	return /* @__PURE__ */ s("fieldset", {
		class: "range",
		"aria-label": "Range of time",
		children: [
			/* @__PURE__ */ s(StepButton, {
				label: "Half a range back",
				text: "‹",
				act: () => move(-.5)
			}),
			/* @__PURE__ */ s(MenuButton, {
				label: `Range: ${name}`,
				text: name,
				isForm: true,
				children: /* @__PURE__ */ s(RangeForm, { selection }, name + zone.value)
			}),
			/* @__PURE__ */ s(StepButton, {
				label: "Half a range forth",
				text: "›",
				act: () => move(.5)
			}),
			/* @__PURE__ */ s(StepButton, {
				label: "Zoom out to double the range",
				text: "−",
				act: widen
			})
		]
	});
}
function StepButton({ label, text, act }) {
	return /* @__PURE__ */ s("button", {
		type: "button",
		class: "plain",
		"aria-label": label,
		title: label,
		onClick: act,
		children: text
	});
}
/** Name a range: that of its preset, else its bounds. */
function nameOf(range, { start, end }) {
	const preset = PRESETS.find((one) => one.range.from === range.from && one.range.to === range.to);
	if (preset) return preset.name;
	const span = /^now-(\d+)([smhdwMQy])$/.exec(range.from);
	if (span && range.to === "now") return `Last ${span[1]} ${span[2]}`;
	const short = (at) => inZone(iso(at), zone.value).replace(/:00$/, "").replace(/ 00:00$/, "");
	return `${short(start)} to ${short(end)}`;
}
function RangeForm({ selection }) {
	const written = (at) => inZone(iso(at), zone.value);
	const { bounds } = selection;
	const [text, setText] = _("");
	const [from, setFrom] = _(written(bounds.start));
	const [to, setTo] = _(written(bounds.end));
	const said = text ? typed(text, now.value, zone.value) : {
		from,
		to
	};
	const found = said && (said.from === ALL.from ? bounds : boundsOf(said, now.value, zone.value));
	const apply = (event) => {
		event.preventDefault();
		if (said && found) choose(event, text ? said : {
			from: iso(found.start),
			to: iso(found.end)
		});
	};
	return /* @__PURE__ */ s("form", {
		class: "range-form",
		onSubmit: apply,
		children: [/* @__PURE__ */ s("div", {
			class: "presets",
			children: PRESETS.map((preset) => /* @__PURE__ */ s("button", {
				type: "button",
				"aria-pressed": preset.range.from === selection.range.from && preset.range.to === selection.range.to,
				onClick: (event) => choose(event, preset.range),
				children: preset.name
			}, preset.name))
		}), /* @__PURE__ */ s("div", {
			class: "form",
			children: [
				/* @__PURE__ */ s(Field$1, {
					label: "Range in words",
					hint: "3 days, yesterday, 2013-12",
					value: text,
					set: setText
				}),
				/* @__PURE__ */ s(Field$1, {
					label: `From (${zone.value})`,
					hint: "2013-12-24 09:00",
					value: from,
					set: setFrom,
					isOff: text !== ""
				}),
				/* @__PURE__ */ s(Field$1, {
					label: `To (${zone.value})`,
					hint: "2013-12-31",
					value: to,
					set: setTo,
					isOff: text !== ""
				}),
				/* @__PURE__ */ s("p", {
					class: found ? "quiet small" : "fault small",
					role: "status",
					children: found ? /* @__PURE__ */ s(Shown, { ...found }) : "This is no range of time."
				}),
				/* @__PURE__ */ s("button", {
					type: "submit",
					class: "main",
					disabled: !found,
					children: "Show"
				})
			]
		})]
	});
}
function choose(event, range) {
	const menu = event.target.closest("details");
	menu?.removeAttribute("open");
	menu?.querySelector("summary")?.focus();
	show(range);
}
/** The bounds in UTC, or in the browser's zone if the page is in UTC. */
function Shown({ start, end }) {
	const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
	const other = zone.value === "UTC" ? local : "UTC";
	return /* @__PURE__ */ s(w, { children: [.../* @__PURE__ */ new Set([zone.value, other])].map((name) => /* @__PURE__ */ s("span", {
		class: "line",
		children: [
			inZone(iso(start), name),
			" to ",
			inZone(iso(end), name),
			" ",
			name
		]
	}, name)) });
}
function Field$1({ label, hint, value, set, isOff = false }) {
	return /* @__PURE__ */ s("label", { children: [label, /* @__PURE__ */ s("input", {
		type: "text",
		autocomplete: "off",
		spellcheck: false,
		placeholder: hint,
		value,
		disabled: isOff,
		onInput: (event) => set(event.currentTarget.value)
	})] });
}
// src/ui/text.tsx
/** Text that somebody else wrote. Characters that hide or reorder others are shown as their codes. */
var SHOWN = 200;
var HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
/** Show a text that is not trusted, cut after 200 characters; its title has the rest. */
function Text({ value }) {
	const shown = plain(value);
	if (shown.length <= SHOWN) return /* @__PURE__ */ s("bdi", { children: shown });
	return /* @__PURE__ */ s("bdi", {
		title: shown,
		children: [shown.slice(0, SHOWN), "…"]
	});
}
/** Return a text in which hidden characters are written as their codes, but for those in `kept`. */
function plain(value, kept = "") {
	return value.replace(HIDDEN, (one) => kept.includes(one) ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
// src/ui/scope.tsx
/** What a page of a model shows, to be chosen: environment, segment, comparison, range; and whether it follows the data. */
var MAX_SEGMENTS = 1e3;
function Scope({ read, takes }) {
	const { selection } = read;
	return /* @__PURE__ */ s("div", {
		class: "scope",
		children: [
			takes.includes("env") && /* @__PURE__ */ s(EnvironmentChoice, { selection }),
			takes.includes("segment") && /* @__PURE__ */ s(SegmentChoice, { selection }),
			takes.includes("compare") && /* @__PURE__ */ s(CompareChoice, {}),
			/* @__PURE__ */ s("span", { class: "spacer" }),
			/* @__PURE__ */ s(Live, {}),
			takes.includes("range") && /* @__PURE__ */ s(RangePicker, { selection })
		]
	});
}
function EnvironmentChoice({ selection }) {
	const environments = pulse.value?.environments ?? [];
	const choose = (name) => step({
		env: name === environments[0]?.name ? null : name,
		from: null,
		to: null
	});
	return /* @__PURE__ */ s("select", {
		class: "choice",
		"aria-label": "Environment",
		title: "Environment",
		value: selection.environment.name,
		onChange: (event) => choose(event.currentTarget.value),
		children: environments.map((one) => /* @__PURE__ */ s("option", {
			value: one.name,
			children: plain(one.name)
		}, one.id))
	});
}
function SegmentChoice({ selection }) {
	const { data } = useResource(`segments ${selection.modelId}`, async (signal) => {
		const params = {
			path: { model_id: selection.modelId },
			query: {
				limit: MAX_SEGMENTS,
				ordering: "name"
			}
		};
		return (await body(api.GET("/v3/models/{model_id}/segments", {
			params,
			signal
		}))).data.items;
	});
	const isUnknown = selection.segment !== null && data && !data.some((one) => one.id === selection.segment);
	if (!data?.length && !selection.segment) return null;
	return /* @__PURE__ */ s("select", {
		class: "choice",
		"aria-label": "Segment",
		title: "Segment",
		value: selection.segment ?? "",
		onChange: (event) => step({ segment: event.currentTarget.value || null }),
		children: [
			/* @__PURE__ */ s("option", {
				value: "",
				children: "All events"
			}),
			isUnknown && /* @__PURE__ */ s("option", {
				value: selection.segment ?? "",
				children: "Unknown segment"
			}),
			data?.map((one) => /* @__PURE__ */ s("option", {
				value: one.id,
				children: plain(one.name)
			}, one.id))
		]
	});
}
function CompareChoice() {
	return /* @__PURE__ */ s("label", {
		class: "check small",
		children: [/* @__PURE__ */ s("input", {
			type: "checkbox",
			checked: place.value.query.get("compare") === "previous",
			onChange: (event) => change({ compare: event.currentTarget.checked ? "previous" : null })
		}), "Range before"]
	});
}
function Live() {
	const isOff = !isLive.value;
	const isLost = pulseError.value !== null;
	return /* @__PURE__ */ s("button", {
		type: "button",
		class: isOff || isLost ? "live off" : "live",
		"aria-pressed": !isOff,
		title: "Follow the data: the page changes when events do",
		onClick: () => {
			isLive.value = isOff;
		},
		children: isOff ? "Paused" : isLost ? "No connection" : "Live"
	});
}
// src/ui/dialog.tsx
function Dialog({ title, onClose, children }) {
	const dialog = x(null);
	const id = O();
	b$1(() => {
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
	return /* @__PURE__ */ s("dialog", {
		ref: dialog,
		"aria-labelledby": id,
		onCancel: cancel,
		children: [/* @__PURE__ */ s("header", {
			class: "dialog-head",
			children: [/* @__PURE__ */ s("h2", {
				id,
				children: title
			}), onClose && /* @__PURE__ */ s("button", {
				type: "button",
				class: "plain",
				"aria-label": "Close",
				onClick: onClose,
				children: "×"
			})]
		}), children]
	});
}
// src/ui/copy.tsx
/** A button that copies a text. */
function Copy({ text, what, label = "Copy" }) {
	const [state, setState] = _("idle");
	y(() => {
		if (state === "idle") return;
		const timer = setTimeout(() => setState("idle"), 2e3);
		return () => clearTimeout(timer);
	}, [state]);
	const copy = () => write(text).then(() => setState("copied"), () => setState("failed"));
	return /* @__PURE__ */ s("button", {
		type: "button",
		class: "small",
		onClick: copy,
		"aria-label": `${label} ${what}`,
		children: /* @__PURE__ */ s("span", {
			"aria-live": "polite",
			children: {
				idle: label,
				copied: "Copied",
				failed: "Select and copy it"
			}[state]
		})
	});
}
/** A button of a menu that copies a text, which is made when it is pressed. */
function CopyItem({ text, label }) {
	return /* @__PURE__ */ s("button", {
		type: "button",
		onClick: () => write(text()),
		children: label
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
// src/ui/help.tsx
/** The help: the link to the page, and the keys. */
var KEYS = [
	[["/"], "Search"],
	[["j", "k"], "Next and previous row"],
	[["[", "]"], "Half a range back and forth"],
	[["-", "+"], "Double the range, or show its middle"],
	[["t", "a"], "Write the range into the address as fixed times"],
	[["l"], "Follow the data, or stop"],
	[["?"], "This help"]
];
function Help({ close }) {
	const isOfModel = routeAt(place.value.path)?.route.isOfModel ?? false;
	const pages = ROUTES.filter((route) => isOfModel || !route.isOfModel);
	return /* @__PURE__ */ s(Dialog, {
		title: "Help",
		onClose: close,
		children: [
			/* @__PURE__ */ s("p", { children: "A link shows the same to everyone: range, search, order and page are part of the address." }),
			/* @__PURE__ */ s("p", {
				class: "actions-line",
				children: [/* @__PURE__ */ s(Copy, {
					text: frozenLink(),
					what: "link to this page",
					label: "Copy link"
				}), /* @__PURE__ */ s(Copy, {
					text: location.href,
					what: "live link, whose range moves on,",
					label: "Copy live link"
				})]
			}),
			/* @__PURE__ */ s("h3", { children: "Shortcuts" }),
			/* @__PURE__ */ s("dl", {
				class: "keys",
				children: [pages.map((page) => /* @__PURE__ */ s(Keys, {
					keys: ["g", page.key],
					what: page.title
				}, page.base)), KEYS.map(([keys, what]) => /* @__PURE__ */ s(Keys, {
					keys,
					what
				}, what))]
			}),
			/* @__PURE__ */ s("label", {
				class: "check",
				children: [/* @__PURE__ */ s("input", {
					type: "checkbox",
					checked: hasShortcuts.value,
					onChange: (event) => {
						hasShortcuts.value = event.currentTarget.checked;
					}
				}), "Use shortcuts of single keys"]
			}),
			/* @__PURE__ */ s("p", {
				class: "quiet",
				children: [/* @__PURE__ */ s("a", {
					href: "./licenses.txt",
					children: "Licences"
				}), " of the packages in this console"]
			})
		]
	});
}
function Keys({ keys, what }) {
	return /* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: keys.map((key) => /* @__PURE__ */ s("kbd", { children: key }, key)) }), /* @__PURE__ */ s("dd", { children: what })] });
}
// src/ui/shortcuts.ts
/** Keys for the whole console. They do nothing in fields and dialogs, and can be switched off. */
var SEQUENCE_MS = 1500;
var RANGE_KEYS = {
	"[": () => hasRange() && move(-.5),
	"]": () => hasRange() && move(.5),
	"-": () => hasRange() && widen(),
	"+": () => hasRange() && narrow(),
	l: () => {
		isLive.value = !isLive.value;
	}
};
/** Listen to the keys. `help` shows them. */
function useShortcuts(help) {
	y(() => {
		let begun = {
			key: "",
			at: 0
		};
		const press = (event) => {
			if (!hasShortcuts.value || isElsewhere(event)) return;
			const first = performance.now() - begun.at < SEQUENCE_MS ? begun.key : "";
			begun = {
				key: event.key,
				at: performance.now()
			};
			if (first === "g") openPage(event.key);
			else if (first === "t" && event.key === "a") freezeRange();
			else if (event.key === "?") help();
			else if (event.key === "/") focus(event, "main input[type=\"search\"]");
			else if (event.key === "j") stepRow(event, 1);
			else if (event.key === "k") stepRow(event, -1);
			else RANGE_KEYS[event.key]?.();
		};
		document.addEventListener("keydown", press);
		return () => document.removeEventListener("keydown", press);
	}, [help]);
}
function openPage(key) {
	const id = routeAt(place.value.path)?.id ?? "";
	const page = ROUTES.find((route) => route.key === key && (id !== "" || !route.isOfModel));
	if (page) go(linkTo(page.base.replace(":id", id)));
}
function hasRange() {
	return routeAt(place.value.path)?.route.takes.includes("range") ?? false;
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
function stepRow(event, by) {
	const rows = [...document.querySelectorAll("main tbody tr")];
	const now = rows.findIndex((row) => row.contains(document.activeElement));
	const target = rows[now < 0 ? 0 : Math.min(Math.max(now + by, 0), rows.length - 1)]?.querySelector("a, button");
	if (!target) return;
	event.preventDefault();
	target.focus();
}
// src/ui/frame.tsx
/** The frame around all pages: navigation, time zone, theme, session. */
var isHelpOpen = h(false);
var openHelp = () => {
	isHelpOpen.value = true;
};
var closeHelp = () => {
	isHelpOpen.value = false;
};
function Frame({ children }) {
	useShortcuts(openHelp);
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("button", {
			type: "button",
			class: "skip",
			onClick: focusPage,
			children: "Skip to the page"
		}),
		/* @__PURE__ */ s("header", {
			class: "top",
			children: [
				/* @__PURE__ */ s("a", {
					class: "brand",
					href: link("/"),
					"aria-label": "Inference Events",
					children: [
						/* @__PURE__ */ s(Logo, {}),
						" ",
						/* @__PURE__ */ s("span", {
							class: "brand-name",
							children: "Inference Events"
						})
					]
				}),
				/* @__PURE__ */ s(OpenModel, {}),
				/* @__PURE__ */ s("span", { class: "spacer" }),
				/* @__PURE__ */ s(ZoneChoice, {}),
				/* @__PURE__ */ s(ThemeChoice, {}),
				/* @__PURE__ */ s("button", {
					type: "button",
					class: "plain",
					"aria-label": "Help and shortcuts",
					title: "Help and shortcuts",
					onClick: openHelp,
					children: "?"
				}),
				/* @__PURE__ */ s(SessionMenu, {})
			]
		}),
		/* @__PURE__ */ s(Navigation, {}),
		/* @__PURE__ */ s(Main, { children }),
		isHelpOpen.value && /* @__PURE__ */ s(Help, { close: closeHelp })
	] });
}
function focusPage() {
	document.querySelector("main")?.focus();
}
/** Project and model of the page, on every page of a model. */
function OpenModel() {
	const here = routeAt(place.value.path);
	const model = openModel.value;
	if (!here?.route.isOfModel || model?.id !== here.id) return null;
	return /* @__PURE__ */ s("span", {
		class: "open-model",
		children: [
			/* @__PURE__ */ s("a", {
				href: link("/"),
				children: "Models"
			}),
			/* @__PURE__ */ s("span", {
				"aria-hidden": "true",
				children: "/"
			}),
			/* @__PURE__ */ s(Text, { value: model.project.name }),
			/* @__PURE__ */ s("span", {
				"aria-hidden": "true",
				children: "/"
			}),
			/* @__PURE__ */ s("a", {
				class: "strong",
				href: linkTo(`/models/${model.id}`),
				children: /* @__PURE__ */ s(Text, { value: model.name })
			}),
			/* @__PURE__ */ s(Text, { value: model.version })
		]
	});
}
function Navigation() {
	const here = routeAt(place.value.path);
	const mine = here?.route.isOfModel ? ROUTES.filter((route) => route.isOfModel) : [];
	const common = ROUTES.filter((route) => !route.isOfModel && (!route.isAdmin || may("admin")));
	return /* @__PURE__ */ s("nav", {
		class: "side",
		"aria-label": "Pages",
		children: [here && mine.length > 0 && /* @__PURE__ */ s("div", {
			class: "side-group",
			children: mine.map((route) => /* @__PURE__ */ s(NavLink, {
				path: route.base.replace(":id", here.id),
				route,
				now: here.route
			}, route.base))
		}), /* @__PURE__ */ s("div", {
			class: "side-group",
			children: [common.map((route) => /* @__PURE__ */ s(NavLink, {
				path: route.base,
				route,
				now: here?.route
			}, route.base)), /* @__PURE__ */ s("a", {
				href: new URL("docs", ROOT).href,
				children: "API docs"
			})]
		})]
	});
}
function NavLink({ path, route, now }) {
	const alerts = route.base.endsWith("/alerts") ? pulse.value?.open_alerts : void 0;
	const open = alerts ? alerts.warning + alerts.critical : 0;
	return /* @__PURE__ */ s("a", {
		href: linkTo(path),
		"aria-current": route === now ? "page" : void 0,
		children: [route.title, open > 0 && /* @__PURE__ */ s("span", {
			class: alerts?.critical ? "badge bad" : "badge",
			title: `${open} open alerts`,
			children: open
		})]
	});
}
function Main({ children }) {
	const main = x(null);
	const { path } = place.value;
	const last = x(path);
	y(() => {
		if (last.current === path) return;
		last.current = path;
		main.current?.focus();
		scrollTo(0, 0);
	}, [path]);
	return /* @__PURE__ */ s("main", {
		ref: main,
		tabIndex: -1,
		children: [brokenZone.value !== null && /* @__PURE__ */ s("p", {
			class: "notice",
			role: "status",
			children: [
				"The link names the time zone ",
				/* @__PURE__ */ s("code", { children: brokenZone.value }),
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
	return /* @__PURE__ */ s("select", {
		class: "choice",
		"aria-label": "Time zone",
		title: "Time zone of all times",
		value: zone.value,
		onChange: (event) => choose(event.currentTarget.value),
		children: (ZONES.includes(zone.value) ? ZONES : [zone.value, ...ZONES]).map((name) => /* @__PURE__ */ s("option", {
			value: name,
			children: name
		}, name))
	});
}
function ThemeChoice() {
	return /* @__PURE__ */ s("select", {
		class: "choice",
		"aria-label": "Theme",
		title: "Theme",
		value: theme.value,
		onChange: (event) => {
			theme.value = event.currentTarget.value;
		},
		children: [
			/* @__PURE__ */ s("option", {
				value: "auto",
				children: "Auto"
			}),
			/* @__PURE__ */ s("option", {
				value: "light",
				children: "Light"
			}),
			/* @__PURE__ */ s("option", {
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
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("span", {
			class: "who",
			title: `Logged in with the token ${who.token_name}: ${who.scopes.join(", ")}`,
			children: who.token_name
		}),
		/* @__PURE__ */ s("button", {
			type: "button",
			class: "small",
			disabled: isRunning,
			onClick: () => run(logOut),
			children: "Log out"
		}),
		error && /* @__PURE__ */ s(Failure, { error })
	] });
}
// src/ui/number.tsx
/** The only place that writes numbers. */
var WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
var SHORT = new Intl.NumberFormat("en-US", {
	notation: "compact",
	maximumSignificantDigits: 3
});
var FIGURE = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });
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
/** Write a count in few characters: 1.2M. */
function compact(value) {
	return SHORT.format(value);
}
/** Write a figure with four digits: 0.9412. Very large and very small ones have an exponent. */
function figure(value) {
	const size = Math.abs(value);
	if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(2);
	return FIGURE.format(value);
}
/** Write a percentage, of which 100 is all: 0.81%. */
function percent(value) {
	if (value !== 0 && Math.abs(value) < .01) return `${value < 0 ? "−" : ""}<0.01%`;
	return `${new Intl.NumberFormat("en-US", { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1 }).format(value)}%`;
}
/** Write a length of time in seconds with one or two units: 1 d 4 h. */
function duration(seconds) {
	const size = Math.abs(seconds);
	const sign = seconds < 0 ? "−" : "";
	if (size < 60) return `${sign}${size < 10 ? Number(size.toFixed(1)) : Math.round(size)} s`;
	const [large, name, small, part] = [
		[
			86400,
			"d",
			3600,
			"h"
		],
		[
			3600,
			"h",
			60,
			"min"
		],
		[
			60,
			"min",
			1,
			"s"
		]
	].find(([unit]) => size >= unit) ?? [
		60,
		"min",
		1,
		"s"
	];
	const rest = Math.floor(size % large / small);
	return `${sign}${Math.floor(size / large)} ${name}${rest ? ` ${rest} ${part}` : ""}`;
}
/** Write a size: 4.0 MiB. */
function size(bytes) {
	const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
	const digits = power === 0 ? 0 : 1;
	return `${(bytes / 1024 ** power).toFixed(digits)} ${UNITS[power]}`;
}
/** Show a size; its title has the bytes. */
function Size({ bytes }) {
	return /* @__PURE__ */ s("span", {
		title: `${count(bytes)} bytes`,
		children: size(bytes)
	});
}
// src/ui/pager.tsx
/** A page of a long list: which items are shown, and the ways to the others. */
function Pager({ offset, shown, total, limit, what }) {
	if (total === 0) return null;
	const to = (next) => () => change({ offset: next > 0 ? String(next) : null });
	return /* @__PURE__ */ s("nav", {
		class: "pager",
		"aria-label": `Pages of ${what}`,
		children: [/* @__PURE__ */ s("span", {
			role: "status",
			children: shown ? `${count(offset + 1)}–${count(offset + shown)} of ${count(total)} ${what}` : `0 of ${count(total)} ${what}`
		}), total > limit && /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("button", {
			type: "button",
			class: "small",
			disabled: offset === 0,
			onClick: to(offset - limit),
			children: "Previous"
		}), /* @__PURE__ */ s("button", {
			type: "button",
			class: "small",
			disabled: offset + shown >= total,
			onClick: to(offset + limit),
			children: "Next"
		})] })]
	});
}
// src/ui/listing.tsx
var LIMIT = 50;
/** Return the page of the list that the address asks for. */
function listQuery() {
	const { query } = place.value;
	const search = query.get("search");
	return {
		limit: LIMIT,
		offset: Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0),
		...search && { search }
	};
}
function Listing({ resource, what, filters = [], none, children }) {
	const names = ["search", ...filters];
	const isFiltered = names.some((name) => place.value.query.get(name));
	const { offset } = listQuery();
	return /* @__PURE__ */ s(Loaded, {
		resource,
		children: ({ items, total }) => items.length > 0 ? /* @__PURE__ */ s(w, { children: [children(items), /* @__PURE__ */ s(Pager, {
			offset,
			shown: items.length,
			total,
			limit: LIMIT,
			what
		})] }) : isFiltered || total > 0 ? /* @__PURE__ */ s(Empty, {
			title: isFiltered ? `None of the ${what} is like this.` : `The list ends before this page.`,
			children: /* @__PURE__ */ s("button", {
				type: "button",
				onClick: () => change(Object.fromEntries([...names, "offset"].map((name) => [name, null]))),
				children: ["Show all ", what]
			})
		}) : none
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
	return /* @__PURE__ */ s("th", {
		scope: "col",
		class: isNumber ? "number" : "",
		"aria-sort": isUp ? "ascending" : isDown ? "descending" : "none",
		children: /* @__PURE__ */ s("button", {
			type: "button",
			class: "sort",
			onClick: sort,
			children: [label, /* @__PURE__ */ s("span", {
				"aria-hidden": "true",
				class: "arrow",
				children: isUp ? "↑" : isDown ? "↓" : ""
			})]
		})
	});
}
// src/ui/table-box.tsx
function TableBox({ label, children }) {
	return /* @__PURE__ */ s("section", {
		class: "table-box",
		tabIndex: 0,
		"aria-label": label,
		children
	});
}
// src/ui/rows.tsx
function Rows({ label, rows, columns, id, title, usual = "" }) {
	const shown = columns.filter((one) => !!one);
	return /* @__PURE__ */ s(TableBox, {
		label,
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: shown.map((one) => /* @__PURE__ */ s(Head, {
			of: one,
			usual
		}, one.head)) }) }), /* @__PURE__ */ s("tbody", { children: rows.map((row) => /* @__PURE__ */ s("tr", {
			title: title?.(row),
			children: shown.map((one) => one.form === "name" ? /* @__PURE__ */ s("th", {
				scope: "row",
				children: one.cell(row)
			}, one.head) : /* @__PURE__ */ s("td", {
				class: one.form,
				children: one.cell(row)
			}, one.head))
		}, id(row))) })] })
	});
}
function Head({ of, usual }) {
	if (of.sort) return /* @__PURE__ */ s(SortHead, {
		field: of.sort,
		label: of.head,
		usual
	});
	return /* @__PURE__ */ s("th", {
		scope: "col",
		class: of.form === "number" ? "number" : void 0,
		children: of.form === "actions" ? /* @__PURE__ */ s("span", {
			class: "hidden",
			children: of.head
		}) : of.head
	});
}
// src/ui/search.tsx
/** A field that searches while one types. Its text is part of the page's address. */
var WAIT_MS$1 = 200;
function Search({ label }) {
	const linked = place.value.query.get("search") ?? "";
	const [text, setText] = _(linked);
	const sent = x(linked);
	y(() => {
		if (linked !== sent.current) setText(linked);
		sent.current = linked;
	}, [linked]);
	y(() => {
		if (text === sent.current) return;
		const timer = setTimeout(() => {
			sent.current = text;
			change({
				search: text || null,
				offset: null
			});
		}, WAIT_MS$1);
		return () => clearTimeout(timer);
	}, [text]);
	return /* @__PURE__ */ s("input", {
		type: "search",
		class: "search",
		placeholder: label,
		"aria-label": label,
		value: text,
		onInput: (event) => setText(event.currentTarget.value)
	});
}
// src/ui/form.tsx
/** Forms: what the server says about a field stands at the field, and the rest above the buttons. */
var Faults = Y({
	faults: [],
	known: /* @__PURE__ */ new Set()
});
function Form(props) {
	const { action, submit, label, onCancel, isReady = true, isDangerous = false, children } = props;
	const known = x(/* @__PURE__ */ new Set());
	const error = action.error ?? props.preview ?? null;
	const faults = error ? located(error, props.conflictAt) : [];
	const send = (event) => {
		event.preventDefault();
		action.run(submit);
	};
	const isElsewhere = faults.length === 0 || faults.some((one) => !belongs(one, known.current));
	return /* @__PURE__ */ s(Faults.Provider, {
		value: {
			faults,
			known: known.current
		},
		children: /* @__PURE__ */ s("form", {
			class: "form",
			onSubmit: send,
			children: [
				children,
				action.error && isElsewhere && /* @__PURE__ */ s(Failure, { error: action.error }),
				/* @__PURE__ */ s("footer", {
					class: "dialog-foot",
					children: [/* @__PURE__ */ s("button", {
						type: "button",
						onClick: onCancel,
						children: "Cancel"
					}), /* @__PURE__ */ s("button", {
						type: "submit",
						class: isDangerous ? "danger" : "main",
						disabled: !isReady || action.isRunning,
						children: label
					})]
				})
			]
		})
	});
}
/** Show a field with its label, a hint, and what the server found wrong with it. */
function Field({ label, at, hint, children }) {
	const id = O();
	const found = useFaults(at);
	const described = [hint ? `${id}-hint` : "", found.length ? `${id}-fault` : ""].filter(Boolean).join(" ");
	return /* @__PURE__ */ s("div", {
		class: "field",
		children: [
			/* @__PURE__ */ s("label", {
				for: id,
				children: label
			}),
			children({
				id,
				"aria-invalid": found.length > 0,
				"aria-describedby": described || void 0
			}),
			hint && /* @__PURE__ */ s("p", {
				class: "quiet",
				id: `${id}-hint`,
				children: hint
			}),
			/* @__PURE__ */ s(FieldFault, {
				id: `${id}-fault`,
				messages: found
			})
		]
	});
}
/** Show a group of choices with its name and what the server found wrong with it. */
function Group({ label, at, children }) {
	const id = O();
	const found = useFaults(at);
	return /* @__PURE__ */ s("fieldset", {
		class: "field",
		"aria-describedby": found.length ? id : void 0,
		children: [
			/* @__PURE__ */ s("legend", { children: label }),
			children,
			/* @__PURE__ */ s(FieldFault, {
				id,
				messages: found
			})
		]
	});
}
function FieldFault({ id, messages }) {
	if (messages.length === 0) return null;
	return /* @__PURE__ */ s("p", {
		class: "fault",
		id,
		role: "alert",
		children: messages.join("; ")
	});
}
function useFaults(at) {
	const { faults, known } = T$1(Faults);
	b$1(() => {
		known.add(at);
		return () => {
			known.delete(at);
		};
	}, [at, known]);
	return faults.filter((one) => isAt(one, at)).map((one) => one.message);
}
function isAt(fault, at) {
	return fault.pointer === at || fault.pointer.startsWith(`${at}/`);
}
function belongs(fault, known) {
	return [...known].some((at) => isAt(fault, at));
}
/** Return the faults of an error; those of a rule in a preview have the places of the rule. */
function located(error, conflictAt) {
	if (error.status === 409 && conflictAt) return [{
		pointer: conflictAt,
		message: error.message
	}];
	return error.faults.map((one) => ({
		...one,
		pointer: one.pointer.replace(/^\/rule(?=\/)/, "")
	}));
}
// src/ui/question.tsx
function Question({ title, label, act, onClose, children }) {
	const action = useAction();
	return /* @__PURE__ */ s(Dialog, {
		title,
		onClose,
		children: /* @__PURE__ */ s(Form, {
			action,
			submit: act,
			label,
			onCancel: onClose,
			isDangerous: true,
			children
		})
	});
}
// src/ui/facts.tsx
function Facts({ facts }) {
	return /* @__PURE__ */ s("dl", {
		class: "facts",
		children: Object.entries(facts).map(([name, value]) => /* @__PURE__ */ s("div", { children: [/* @__PURE__ */ s("dt", { children: name }), /* @__PURE__ */ s("dd", { children: value })] }, name))
	});
}
// src/api/series.ts
/** Compute measures over the range of the selection. Throws RequestFailed. */
async function readSeries(selection, measures, options, signal) {
	const request = {
		max_bins: 200,
		...selection.body,
		...options,
		measures
	};
	const now = await compute(request, signal);
	const call = {
		path: "/v3/monitoring/series",
		body: request
	};
	if (!selection.compared) return {
		now,
		before: null,
		call
	};
	const { from: start_time, to: end_time } = freeze(selection.compared);
	const { max_bins: _, ...rest } = request;
	return {
		now,
		before: await compute({
			...rest,
			time_range: {
				start_time,
				end_time
			},
			bin_size: now.bin_size
		}, signal),
		call
	};
}
async function compute(request, signal) {
	return (await body(api.POST("/v3/monitoring/series", {
		body: request,
		signal
	}))).data;
}
// src/ui/settled.ts
/** A text that somebody types, once it has not changed for a moment. */
var WAIT_MS = 300;
function useSettled(text) {
	const [settled, setSettled] = _(text);
	y(() => {
		const timer = setTimeout(() => setSettled(text), WAIT_MS);
		return () => clearTimeout(timer);
	}, [text]);
	return settled;
}
// src/ui/panel.tsx
function Panel({ title, resource, isLow = false, children }) {
	return /* @__PURE__ */ s("section", {
		class: isLow ? "panel low" : "panel",
		"aria-label": title,
		children: [resource.data === void 0 && /* @__PURE__ */ s("div", {
			class: "panel-head",
			children: /* @__PURE__ */ s("h2", { children: title })
		}), /* @__PURE__ */ s(Loaded, {
			resource,
			children
		})]
	});
}
// src/ui/tabs.tsx
function Tabs({ label, choices, now, choose }) {
	return /* @__PURE__ */ s("fieldset", {
		class: "tabs",
		"aria-label": label,
		children: Object.entries(choices).map(([value, text]) => /* @__PURE__ */ s("label", { children: [/* @__PURE__ */ s("input", {
			type: "radio",
			name: label,
			checked: value === now,
			onChange: () => choose(value)
		}), /* @__PURE__ */ s("span", { children: text })] }, value))
	});
}
// src/ui/column-choice.tsx
/** The choice of a column by typing a part of its name: of 10,000, only some are offered at a time. */
var OFFERED = 50;
function ColumnChoice({ label, columns, value, choose }) {
	const [text, setText] = _(value ?? "");
	const id = O();
	const part = text.toLowerCase();
	const offered = [];
	for (const name of columns) if (offered.length < OFFERED && name.toLowerCase().includes(part)) offered.push(name);
	const take = (typed) => {
		setText(typed);
		if (typed === "") choose(null);
		else if (columns.includes(typed)) choose(typed);
	};
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("input", {
		type: "text",
		class: "column-choice",
		"aria-label": label,
		placeholder: label,
		list: id,
		autocomplete: "off",
		spellcheck: false,
		value: text,
		onInput: (event) => take(event.currentTarget.value)
	}), /* @__PURE__ */ s("datalist", {
		id,
		children: offered.map((name) => /* @__PURE__ */ s("option", { value: name }, name))
	})] });
}
// src/ui/page-link.tsx
function PageLink({ modelId, page, item = null, query = {}, children }) {
	return hasPage(page) ? /* @__PURE__ */ s("a", {
		href: linkToPage(modelId, page, item, query),
		children
	}) : children;
}
// src/ui/sparkline.tsx
var WIDTH = 120;
var HEIGHT = 24;
var PAD = 3;
function Sparkline({ values, label, isFromZero = false, hollow = [] }) {
	const known = values.filter((value) => value !== null);
	const low = isFromZero ? 0 : Math.min(...known);
	const high = Math.max(...known);
	const x = (n) => values.length < 2 ? WIDTH / 2 : PAD + n / (values.length - 1) * 114;
	const y = (value) => 21 - (high > low ? (value - low) / (high - low) : .5) * 18;
	const last = values.findLastIndex((value) => value !== null);
	return /* @__PURE__ */ s("svg", {
		class: "sparkline",
		width: WIDTH,
		height: HEIGHT,
		role: "img",
		"aria-label": label,
		children: [/* @__PURE__ */ s("path", { d: path(values, x, y) }), last >= 0 && /* @__PURE__ */ s("circle", {
			class: hollow[last] ? "hollow" : "",
			cx: x(last),
			cy: y(values[last] ?? 0),
			r: "2.25"
		})]
	});
}
function path(values, x, y) {
	let isOpen = false;
	const steps = [];
	for (const [n, value] of values.entries()) {
		if (value !== null) steps.push(`${isOpen ? "L" : "M"}${x(n).toFixed(1)} ${y(value).toFixed(1)}`);
		if (value !== null && !isOpen && (values[n + 1] ?? null) === null) steps.push("h0.01");
		isOpen = value !== null;
	}
	return steps.join("");
}
export { hasPage as $, Dialog as A, RequestFailed as At, useSelection as B, count as C, Logo as Ct, Frame as D, may as Dt, percent as E, logIn as Et, inZone as F, alertMarks as G, theme as H, MenuButton as I, pulse as J, aroundBin as K, earliest as L, Text as M, body as Mt, plain as N, isLoginNeeded as Nt, Copy as O, session as Ot, Time as P, useResource as Q, frozenLink as R, compact as S, Loaded as St, figure as T, findSession as Tt, zone as U, zoom as V, openModel as W, useLive as X, pulseError as Y, usePulse as Z, ordering as _, startOf as _t, Panel as a, go as at, Pager as b, Empty as bt, Facts as c, ALL as ct, Form as d, add as dt, linkTo as et, Group as f, boundsOf as ft, SortHead as g, previous as gt, TableBox as h, iso as ht, Tabs as i, change as it, Scope as j, api as jt, CopyItem as k, ROOT as kt, Question as l, DAY as lt, Rows as m, instant as mt, PageLink as n, routeAt as nt, useSettled as o, link as ot, Search as p, freeze as pt, useAlertMarks as q, ColumnChoice as r, __vitePreload as rt, readSeries as s, place as st, Sparkline as t, linkToPage as tt, Field as u, HOUR as ut, Listing as v, localIso as vt, duration as w, useAction as wt, Size as x, Failure as xt, listQuery as y, wallOf as yt, read as z };
