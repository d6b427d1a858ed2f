import { C as count, Mt as body, P as Time, Q as useResource, St as Loaded, bt as Empty, h as TableBox, it as change, jt as api, p as Search, st as place, x as Size } from "./shared.js";
import { _ as w, t as s } from "./vendor.js";
// src/pages/settings.tsx
function SettingsPage() {
	const settings = useResource("settings", async (signal) => (await body(api.GET("/v3/settings", { signal }))).data);
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("div", {
		class: "page-head",
		children: [
			/* @__PURE__ */ s("h1", { children: "Settings" }),
			/* @__PURE__ */ s(Search, { label: "Search settings" }),
			/* @__PURE__ */ s(OnlyChanged, {})
		]
	}), /* @__PURE__ */ s(Loaded, {
		resource: settings,
		children: (found) => /* @__PURE__ */ s(Sections, { of: found })
	})] });
}
function OnlyChanged() {
	const isOn = place.value.query.has("changed");
	return /* @__PURE__ */ s("label", {
		class: "check",
		children: [/* @__PURE__ */ s("input", {
			type: "checkbox",
			checked: isOn,
			onChange: () => change({ changed: isOn ? null : "1" })
		}), "Changed only"]
	});
}
function Sections({ of }) {
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s(SettingTable, { settings: of.settings }),
		/* @__PURE__ */ s("p", {
			class: "quiet",
			children: [
				"A flag of ",
				/* @__PURE__ */ s("code", { children: "inference-events serve" }),
				" or a variable sets each of them, at the next start."
			]
		}),
		/* @__PURE__ */ s("div", {
			class: "columns",
			children: [
				/* @__PURE__ */ s(Section, {
					title: "Limits that are no settings",
					children: of.limits.map((limit) => /* @__PURE__ */ s(Row, {
						name: label(limit.description),
						children: count(limit.value)
					}, limit.name))
				}),
				/* @__PURE__ */ s(Section, {
					title: "Disk",
					children: of.sizes.map((one) => /* @__PURE__ */ s(Row, {
						name: label(one.description),
						children: /* @__PURE__ */ s(Size, { bytes: one.bytes })
					}, one.name))
				}),
				/* @__PURE__ */ s(Section, {
					title: "Versions",
					children: [of.versions.map((one) => /* @__PURE__ */ s(Row, {
						name: one.name,
						children: one.version
					}, one.name)), /* @__PURE__ */ s(Row, {
						name: "Running since",
						children: /* @__PURE__ */ s(Time, { at: of.started_at })
					})]
				})
			]
		})
	] });
}
/** Return a description without the stop at its end. */
function label(description) {
	return description.replace(/\.$/, "");
}
function Section({ title, children }) {
	return /* @__PURE__ */ s("section", { children: [/* @__PURE__ */ s("h2", { children: title }), /* @__PURE__ */ s("table", { children: /* @__PURE__ */ s("tbody", { children }) })] });
}
function Row({ name, children }) {
	return /* @__PURE__ */ s("tr", { children: [/* @__PURE__ */ s("th", {
		scope: "row",
		class: "wrap",
		children: name
	}), /* @__PURE__ */ s("td", {
		class: "number",
		children
	})] });
}
function SettingTable({ settings }) {
	const { query } = place.value;
	const search = (query.get("search") ?? "").toLowerCase();
	const shown = settings.filter((one) => (!query.has("changed") || !one.is_default) && `${one.name} ${one.description}`.toLowerCase().includes(search));
	if (shown.length === 0) return /* @__PURE__ */ s(Empty, {
		title: query.has("changed") && !search ? "Every setting has its default." : "No setting matches.",
		children: /* @__PURE__ */ s("button", {
			type: "button",
			onClick: () => change({
				search: null,
				changed: null
			}),
			children: "Show all settings"
		})
	});
	return /* @__PURE__ */ s(TableBox, {
		label: "Settings",
		children: /* @__PURE__ */ s("table", { children: [/* @__PURE__ */ s("thead", { children: /* @__PURE__ */ s("tr", { children: [
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Setting"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Value"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "Default"
			}),
			/* @__PURE__ */ s("th", {
				scope: "col",
				children: "What it does"
			})
		] }) }), /* @__PURE__ */ s("tbody", { children: shown.map((one) => /* @__PURE__ */ s("tr", {
			class: one.is_default ? "" : "changed",
			children: [
				/* @__PURE__ */ s("th", {
					scope: "row",
					title: one.variable,
					children: /* @__PURE__ */ s("code", { children: one.name })
				}),
				/* @__PURE__ */ s("td", {
					class: "value",
					children: /* @__PURE__ */ s(Value, { of: one })
				}),
				/* @__PURE__ */ s("td", {
					class: "value quiet",
					children: one.is_secret ? "" : one.default ?? "none"
				}),
				/* @__PURE__ */ s("td", {
					class: "wrap",
					children: one.description
				})
			]
		}, one.name)) })] })
	});
}
function Value({ of }) {
	if (of.is_secret) return /* @__PURE__ */ s("span", {
		class: "quiet",
		children: of.is_default ? "not set" : "set, never shown"
	});
	if (of.is_default) return /* @__PURE__ */ s(w, { children: of.value ?? "none" });
	return /* @__PURE__ */ s(w, { children: [
		/* @__PURE__ */ s("strong", { children: of.value ?? "none" }),
		" ",
		/* @__PURE__ */ s("span", {
			class: "tag",
			children: "changed"
		})
	] });
}
export { SettingsPage };
