import { C as Text } from "./shared.js";
import { t as s } from "./vendor.js";
// src/pages/overview.tsx
/** Overview of a model: whether it is fine, on one screen. */
function Overview({ model }) {
	return /* @__PURE__ */ s("div", {
		class: "page-head",
		children: /* @__PURE__ */ s("h1", { children: /* @__PURE__ */ s(Text, { value: model.name }) })
	});
}
export { Overview };
