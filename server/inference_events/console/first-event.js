import { _ as w, o as h, s as C, t as s } from "./vendor.js";
import { Dt as may, Mt as body, O as Copy, it as change, jt as api, kt as ROOT, ot as link, st as place, wt as useAction, xt as Failure } from "./shared.js";
// src/pages/snippets.ts
/** Programs that publish a first event. They work as they are, also when they run twice. */
var LANGUAGES = [
	"curl",
	"Python",
	"fiddler-client"
];
/** Return a program that creates a project and a model and publishes one event. */
function firstEvent(language, { url, token, mark }) {
	return {
		curl,
		Python: python,
		"fiddler-client": client
	}[language](url, token, mark);
}
/** Return a program that publishes one event to a model. */
function nextEvent(language, { url, token }, { modelId, event }) {
	const body = JSON.stringify({
		model_id: modelId,
		env_type: "PRODUCTION",
		source: {
			type: "EVENTS",
			events: [event]
		}
	}, null, 2);
	if (language === "curl") return `curl -sS --fail-with-body ${quote(`${url}/v3/events`)} \\
  -H ${quote(`Authorization: Bearer ${token}`)} -H 'Content-Type: application/json' -d ${quote(body)}
`;
	if (language === "Python") return `import json, urllib.request

body = json.loads(${text(body)})
request = urllib.request.Request(
    ${text(`${url}/v3/events`)},
    json.dumps(body).encode(),
    {"Authorization": ${text(`Bearer ${token}`)}, "Content-Type": "application/json"},
)
print(urllib.request.urlopen(request).read().decode())
`;
	return `# pip install fiddler-client
import json
import fiddler as fdl

fdl.init(url=${text(url)}, token=${text(token)})
model = fdl.Model.get(id_=${text(modelId)})
print(model.publish(source=[json.loads(${text(JSON.stringify(event))})]))
`;
}
function curl(url, token, mark) {
	return `URL=${quote(url)}
TOKEN=${quote(token)}
post() { curl -sS --fail-with-body "$URL/v3/$1" -d "$2" -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -H 'Idempotency-Key: first-event'; }
id() { grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4; }

PROJECT=$(post projects '{"name": "flights_${mark}"}' | id)
MODEL=$(post models '{"project_id": "'"$PROJECT"'", "name": "arrival_delay",
  "task": "binary_classification", "event_id_col": "flight",
  "schema": {"columns": [
    {"name": "flight", "data_type": "str"},
    {"name": "carrier", "data_type": "category", "categories": ["AA", "UA"]},
    {"name": "distance", "data_type": "int", "min": 0, "max": 5000},
    {"name": "late_probability", "data_type": "float", "min": 0, "max": 1},
    {"name": "arrived_late", "data_type": "bool"}]},
  "spec": {"inputs": ["carrier", "distance"], "outputs": ["late_probability"],
    "targets": ["arrived_late"], "metadata": ["flight"]}}' | id)
post events '{"model_id": "'"$MODEL"'", "env_type": "PRODUCTION", "source": {"type": "EVENTS",
  "events": [{"flight": "UA1545", "carrier": "UA", "distance": 1400, "late_probability": 0.21}]}}'
`;
}
function python(url, token, mark) {
	return `import json, urllib.request

URL, TOKEN = ${text(url)}, ${text(token)}


def post(path, body):
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json",
        "Idempotency-Key": "first-event",
    }
    request = urllib.request.Request(f"{URL}/v3/{path}", json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request))["data"]


project = post("projects", {"name": "flights_${mark}"})
model = post("models", {
    "project_id": project["id"],
    "name": "arrival_delay",
    "task": "binary_classification",
    "event_id_col": "flight",
    "schema": {"columns": [
        {"name": "flight", "data_type": "str"},
        {"name": "carrier", "data_type": "category", "categories": ["AA", "UA"]},
        {"name": "distance", "data_type": "int", "min": 0, "max": 5000},
        {"name": "late_probability", "data_type": "float", "min": 0, "max": 1},
        {"name": "arrived_late", "data_type": "bool"},
    ]},
    "spec": {
        "inputs": ["carrier", "distance"],
        "outputs": ["late_probability"],
        "targets": ["arrived_late"],
        "metadata": ["flight"],
    },
})
event = {"flight": "UA1545", "carrier": "UA", "distance": 1400, "late_probability": 0.21}
source = {"type": "EVENTS", "events": [event]}
print(post("events", {"model_id": model["id"], "env_type": "PRODUCTION", "source": source}))
`;
}
function client(url, token, mark) {
	return `# pip install fiddler-client
from pathlib import Path

import fiddler as fdl

Path("flights.csv").write_text("""flight,carrier,distance,late_probability,arrived_late
UA1545,UA,1400,0.21,false
AA1141,AA,1089,0.64,true
""")

fdl.init(url=${text(url)}, token=${text(token)})
project = fdl.Project.get_or_create("flights_${mark}")
roles = fdl.ModelSpec(
    inputs=["carrier", "distance"],
    outputs=["late_probability"],
    targets=["arrived_late"],
    metadata=["flight"],
)
model = fdl.Model.from_data("flights.csv", "arrival_delay", project.id, roles, event_id_col="flight").create()
event = {"flight": "UA1545", "carrier": "UA", "distance": 1400, "late_probability": 0.21}
print(model.publish(source=[event]))
`;
}
/** Quote a text for a shell. */
function quote(value) {
	return `'${value.replaceAll("'", `'"'"'`)}'`;
}
/** Quote a text for Python, as JSON does. */
function text(value) {
	return JSON.stringify(value);
}
// src/pages/first-event.tsx
/** The first run: a token and a program, until the first event arrives. */
var PLACEHOLDER = "YOUR_TOKEN";
/** The secret that was made on this page. It is kept while the console is open, as it is shown only once. */
var secret = h(null);
function FirstEventPage() {
	return /* @__PURE__ */ s(FirstEvent, {});
}
function FirstEvent({ isWaiting = false, existing }) {
	const language = languageOf(place.value.query.get("with"));
	const mark = C(() => Math.random().toString(36).slice(2, 8), []);
	const target = {
		url: ROOT.href.replace(/\/$/, ""),
		token: secret.value ?? PLACEHOLDER,
		mark
	};
	const program = existing ? nextEvent(language, target, existing) : firstEvent(language, target);
	return /* @__PURE__ */ s("section", {
		class: "narrow",
		children: [/* @__PURE__ */ s("div", {
			class: "page-head",
			children: [existing ? /* @__PURE__ */ s("h2", { children: "Publish an event" }) : /* @__PURE__ */ s("h1", { children: "Publish the first event" }), isWaiting && /* @__PURE__ */ s("p", {
				class: "waiting",
				role: "status",
				children: "Waiting for the first model and event"
			})]
		}), /* @__PURE__ */ s("ol", {
			class: "steps",
			children: [/* @__PURE__ */ s("li", { children: /* @__PURE__ */ s(TokenStep, { isForModel: existing === void 0 }) }), /* @__PURE__ */ s("li", { children: [
				/* @__PURE__ */ s("h3", {
					id: "run",
					children: ["Run this in a ", language === "curl" ? "shell" : "Python interpreter"]
				}),
				/* @__PURE__ */ s(Languages, { now: language }),
				/* @__PURE__ */ s("div", {
					class: "snippet",
					children: [/* @__PURE__ */ s(Copy, {
						text: program,
						what: "program"
					}), /* @__PURE__ */ s("section", {
						class: "code",
						tabIndex: 0,
						"aria-labelledby": "run",
						children: /* @__PURE__ */ s("pre", { children: /* @__PURE__ */ s("code", { children: program }) })
					})]
				}),
				/* @__PURE__ */ s("p", {
					class: "quiet",
					children: [
						existing ? "The event is made up to fit the columns of the model." : "It creates a project and a model, which declares the columns of its events, and publishes one event.",
						" ",
						isWaiting || existing ? "This page shows the event as soon as it is stored." : /* @__PURE__ */ s(w, { children: [
							"The ",
							/* @__PURE__ */ s("a", {
								href: link("/"),
								children: "list of models"
							}),
							" shows it as soon as it is stored."
						] })
					]
				})
			] })]
		})]
	});
}
function languageOf(name) {
	return LANGUAGES.find((one) => one === name) ?? "curl";
}
function Languages({ now }) {
	return /* @__PURE__ */ s("fieldset", {
		class: "tabs",
		children: [/* @__PURE__ */ s("legend", {
			class: "hidden",
			children: "Language"
		}), LANGUAGES.map((language) => /* @__PURE__ */ s("label", { children: [/* @__PURE__ */ s("input", {
			type: "radio",
			name: "language",
			checked: language === now,
			onChange: () => change({ with: language === "curl" ? null : language })
		}), /* @__PURE__ */ s("span", { children: language })] }, language))]
	});
}
function TokenStep({ isForModel }) {
	const { isRunning, error, run } = useAction();
	const scopes = isForModel ? ["ingest", "manage"] : ["ingest"];
	const create = async () => {
		const token = {
			name: "first event",
			scopes: [...scopes, ...isForModel ? ["read"] : []]
		};
		secret.value = (await body(api.POST("/v3/tokens", { body: token }))).data.token;
	};
	if (!may("admin")) return /* @__PURE__ */ s(Step, {
		title: "Use a token",
		children: /* @__PURE__ */ s("p", { children: [
			"Replace ",
			/* @__PURE__ */ s("code", { children: PLACEHOLDER }),
			" below with a token with the ",
			scopes.length > 1 ? "scopes" : "scope",
			" ",
			scopes.join(" and "),
			"."
		] })
	});
	if (secret.value !== null) return /* @__PURE__ */ s(Step, {
		title: "The token is in the program below",
		children: [/* @__PURE__ */ s("p", { children: [
			/* @__PURE__ */ s("code", {
				class: "secret",
				children: secret.value
			}),
			" ",
			/* @__PURE__ */ s(Copy, {
				text: secret.value,
				what: "token"
			})
		] }), /* @__PURE__ */ s("p", {
			class: "quiet",
			children: "It is shown until this tab is closed, and never again."
		})]
	});
	return /* @__PURE__ */ s(Step, {
		title: "Create a token",
		children: [
			/* @__PURE__ */ s("p", { children: [
				"A token that may publish events",
				isForModel && " and create models",
				". It is put into the program below."
			] }),
			/* @__PURE__ */ s("button", {
				type: "button",
				class: "main",
				disabled: isRunning,
				onClick: () => run(create),
				children: "Create a token"
			}),
			error && /* @__PURE__ */ s(Failure, { error })
		]
	});
}
function Step({ title, children }) {
	return /* @__PURE__ */ s(w, { children: [/* @__PURE__ */ s("h3", { children: title }), children] });
}
export { FirstEvent, FirstEventPage };
