// src/pages/column-words.ts
var ROLES = [
	"inputs",
	"outputs",
	"targets",
	"decisions",
	"metadata"
];
/** Return the roles of a column: `input`, `none`. */
function roleOf(model, name) {
	return ROLES.filter((role) => (model.spec[role] ?? []).includes(name)).map((role) => role.replace(/s$/, "")).join(", ") || "none";
}
/** Return what a column allows: `0 to 5000`, `anything`. */
function rule(column) {
	if (column.categories?.length) return column.categories.map(String).join(", ");
	const { min, max } = column;
	if (min != null && max != null) return `${min} to ${max}`;
	if (min != null) return `from ${min}`;
	return max != null ? `up to ${max}` : "anything";
}
export { rule as n, roleOf as t };
