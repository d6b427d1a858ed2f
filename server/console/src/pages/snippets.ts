/** Programs that publish a first event. They work as they are, also when they run twice. */

export const LANGUAGES = ["curl", "Python", "fiddler-client"] as const;
export type Language = (typeof LANGUAGES)[number];

interface Target {
  url: string;
  token: string;
  /** Part of the names, so that they are free. */
  mark: string;
}

/** Where an existing model's event goes: its id, and an event that fits its columns. */
export interface Existing {
  modelId: string;
  event: Record<string, unknown>;
}

/** Return a program that creates a project and a model and publishes one event. */
export function firstEvent(language: Language, { url, token, mark }: Target): string {
  return { curl: curl, Python: python, "fiddler-client": client }[language](url, token, mark);
}

/** Return a program that publishes one event to a model. */
export function nextEvent(language: Language, { url, token }: Target, { modelId, event }: Existing): string {
  const body = JSON.stringify(
    { model_id: modelId, env_type: "PRODUCTION", source: { type: "EVENTS", events: [event] } },
    null,
    2,
  );
  if (language === "curl") {
    return `curl -sS --fail-with-body ${quote(`${url}/v3/events`)} \\
  -H ${quote(`Authorization: Bearer ${token}`)} -H 'Content-Type: application/json' -d ${quote(body)}
`;
  }
  if (language === "Python") {
    return `import json, urllib.request

body = json.loads(${text(body)})
request = urllib.request.Request(
    ${text(`${url}/v3/events`)},
    json.dumps(body).encode(),
    {"Authorization": ${text(`Bearer ${token}`)}, "Content-Type": "application/json"},
)
print(urllib.request.urlopen(request).read().decode())
`;
  }
  return `# pip install fiddler-client
import json
import fiddler as fdl

fdl.init(url=${text(url)}, token=${text(token)})
model = fdl.Model.get(id_=${text(modelId)})
print(model.publish(source=[json.loads(${text(JSON.stringify(event))})]))
`;
}

function curl(url: string, token: string, mark: string): string {
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

function python(url: string, token: string, mark: string): string {
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

function client(url: string, token: string, mark: string): string {
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
function quote(value: string): string {
  return `'${value.replaceAll("'", `'"'"'`)}'`;
}

/** Quote a text for Python, as JSON does. */
function text(value: string): string {
  return JSON.stringify(value);
}
