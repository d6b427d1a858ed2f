import { A as api, _ as place, c as Search, d as useResource, i as Time, j as body, l as Size, m as change, s as TableBox, u as count, x as Loaded, y as Empty } from "./shared.js";
import { p as $, t as a } from "./vendor.js";
// src/pages/settings.tsx
function SettingsPage() {
	const settings = useResource("settings", async (signal) => (await body(api.GET("/v3/settings", { signal }))).data);
	return /* @__PURE__ */ a($, { children: [/* @__PURE__ */ a("div", {
		class: "page-head",
		children: [
			/* @__PURE__ */ a("h1", { children: "Settings" }),
			/* @__PURE__ */ a(Search, { label: "Search settings" }),
			/* @__PURE__ */ a(OnlyChanged, {})
		]
	}), /* @__PURE__ */ a(Loaded, {
		resource: settings,
		children: (found) => /* @__PURE__ */ a(Sections, { of: found })
	})] });
}
function OnlyChanged() {
	const isOn = place.value.query.has("changed");
	return /* @__PURE__ */ a("label", {
		class: "check",
		children: [/* @__PURE__ */ a("input", {
			type: "checkbox",
			checked: isOn,
			onChange: () => change({ changed: isOn ? null : "1" })
		}), "Changed only"]
	});
}
function Sections({ of }) {
	return /* @__PURE__ */ a($, { children: [
		/* @__PURE__ */ a(SettingTable, { settings: of.settings }),
		/* @__PURE__ */ a("p", {
			class: "quiet",
			children: [
				"A flag of ",
				/* @__PURE__ */ a("code", { children: "inference-events serve" }),
				" or a variable sets each of them, at the next start."
			]
		}),
		/* @__PURE__ */ a("div", {
			class: "columns",
			children: [
				/* @__PURE__ */ a(Section, {
					title: "Limits that are no settings",
					children: of.limits.map((limit) => /* @__PURE__ */ a(Row, {
						name: label(limit.description),
						children: count(limit.value)
					}, limit.name))
				}),
				/* @__PURE__ */ a(Section, {
					title: "Disk",
					children: of.sizes.map((one) => /* @__PURE__ */ a(Row, {
						name: label(one.description),
						children: /* @__PURE__ */ a(Size, { bytes: one.bytes })
					}, one.name))
				}),
				/* @__PURE__ */ a(Section, {
					title: "Versions",
					children: [of.versions.map((one) => /* @__PURE__ */ a(Row, {
						name: one.name,
						children: one.version
					}, one.name)), /* @__PURE__ */ a(Row, {
						name: "Running since",
						children: /* @__PURE__ */ a(Time, { at: of.started_at })
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
	return /* @__PURE__ */ a("section", { children: [/* @__PURE__ */ a("h2", { children: title }), /* @__PURE__ */ a("table", { children: /* @__PURE__ */ a("tbody", { children }) })] });
}
function Row({ name, children }) {
	return /* @__PURE__ */ a("tr", { children: [/* @__PURE__ */ a("th", {
		scope: "row",
		class: "wrap",
		children: name
	}), /* @__PURE__ */ a("td", {
		class: "number",
		children
	})] });
}
function SettingTable({ settings }) {
	const { query } = place.value;
	const search = (query.get("search") ?? "").toLowerCase();
	const shown = settings.filter((one) => (!query.has("changed") || !one.is_default) && `${one.name} ${one.description}`.toLowerCase().includes(search));
	if (shown.length === 0) return /* @__PURE__ */ a(Empty, {
		title: query.has("changed") && !search ? "Every setting has its default." : "No setting matches.",
		children: /* @__PURE__ */ a("button", {
			type: "button",
			onClick: () => change({
				search: null,
				changed: null
			}),
			children: "Show all settings"
		})
	});
	return /* @__PURE__ */ a(TableBox, {
		label: "Settings",
		children: /* @__PURE__ */ a("table", { children: [/* @__PURE__ */ a("thead", { children: /* @__PURE__ */ a("tr", { children: [
			/* @__PURE__ */ a("th", {
				scope: "col",
				children: "Setting"
			}),
			/* @__PURE__ */ a("th", {
				scope: "col",
				children: "Value"
			}),
			/* @__PURE__ */ a("th", {
				scope: "col",
				children: "Default"
			}),
			/* @__PURE__ */ a("th", {
				scope: "col",
				children: "What it does"
			})
		] }) }), /* @__PURE__ */ a("tbody", { children: shown.map((one) => /* @__PURE__ */ a("tr", {
			class: one.is_default ? "" : "changed",
			children: [
				/* @__PURE__ */ a("th", {
					scope: "row",
					title: one.variable,
					children: /* @__PURE__ */ a("code", { children: one.name })
				}),
				/* @__PURE__ */ a("td", {
					class: "value",
					children: /* @__PURE__ */ a(Value, { of: one })
				}),
				/* @__PURE__ */ a("td", {
					class: "value quiet",
					children: one.is_secret ? "" : one.default ?? "none"
				}),
				/* @__PURE__ */ a("td", {
					class: "wrap",
					children: one.description
				})
			]
		}, one.name)) })] })
	});
}
function Value({ of }) {
	if (of.is_secret) return /* @__PURE__ */ a("span", {
		class: "quiet",
		children: of.is_default ? "not set" : "set, never shown"
	});
	if (of.is_default) return /* @__PURE__ */ a($, { children: of.value ?? "none" });
	return /* @__PURE__ */ a($, { children: [
		/* @__PURE__ */ a("strong", { children: of.value ?? "none" }),
		" ",
		/* @__PURE__ */ a("span", {
			class: "tag",
			children: "changed"
		})
	] });
}
export { SettingsPage };
