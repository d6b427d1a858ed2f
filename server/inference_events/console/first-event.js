import{h as e,m as t,o as n,t as r}from"./vendor.js";import{Jt as i,Xt as a,Zt as o,_t as s,cn as c,dn as l,gn as u,mn as d,vn as f,yn as p}from"./shared.js";var m=[`curl`,`Python`,`fiddler-client`];function h(e,{url:t,token:n,mark:r}){return{curl:_,Python:v,"fiddler-client":y}[e](t,n,r)}function g(e,{url:t,token:n},{modelId:r,event:i}){let a=JSON.stringify({model_id:r,env_type:`PRODUCTION`,source:{type:`EVENTS`,events:[i]}},null,2);return e===`curl`?`curl -sS --fail-with-body ${b(`${t}/v3/events`)} \\
  -H ${b(`Authorization: Bearer ${n}`)} -H 'Content-Type: application/json' -d ${b(a)}
`:e===`Python`?`import json, urllib.request

body = json.loads(${x(a)})
request = urllib.request.Request(
    ${x(`${t}/v3/events`)},
    json.dumps(body).encode(),
    {"Authorization": ${x(`Bearer ${n}`)}, "Content-Type": "application/json"},
)
print(urllib.request.urlopen(request).read().decode())
`:`# pip install fiddler-client
import json
import fiddler as fdl

fdl.init(url=${x(t)}, token=${x(n)})
model = fdl.Model.get(id_=${x(r)})
print(model.publish(source=[json.loads(${x(JSON.stringify(i))})]))
`}function _(e,t,n){return`URL=${b(e)}
TOKEN=${b(t)}
post() { curl -sS --fail-with-body "$URL/v3/$1" -d "$2" -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -H 'Idempotency-Key: first-event'; }
id() { grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4; }

PROJECT=$(post projects '{"name": "flights_${n}"}' | id)
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
`}function v(e,t,n){return`import json, urllib.request

URL, TOKEN = ${x(e)}, ${x(t)}


def post(path, body):
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json",
        "Idempotency-Key": "first-event",
    }
    request = urllib.request.Request(f"{URL}/v3/{path}", json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request))["data"]


project = post("projects", {"name": "flights_${n}"})
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
`}function y(e,t,n){return`# pip install fiddler-client
from pathlib import Path

import fiddler as fdl

Path("flights.csv").write_text("""flight,carrier,distance,late_probability,arrived_late
UA1545,UA,1400,0.21,false
AA1141,AA,1089,0.64,true
""")

fdl.init(url=${x(e)}, token=${x(t)})
project = fdl.Project.get_or_create("flights_${n}")
roles = fdl.ModelSpec(
    inputs=["carrier", "distance"],
    outputs=["late_probability"],
    targets=["arrived_late"],
    metadata=["flight"],
)
model = fdl.Model.from_data("flights.csv", "arrival_delay", project.id, roles, event_id_col="flight").create()
event = {"flight": "UA1545", "carrier": "UA", "distance": 1400, "late_probability": 0.21}
print(model.publish(source=[event]))
`}function b(e){return`'${e.replaceAll(`'`,`'"'"'`)}'`}function x(e){return JSON.stringify(e)}var S=`YOUR_TOKEN`,C=n(null);function w(){return r(T,{})}function T({isWaiting:n=!1,existing:i}){let c=E(o.value.query.get(`with`)),l=t(()=>Math.random().toString(36).slice(2,8),[]),d={url:u.href.replace(/\/$/,``),token:C.value??S,mark:l},f=i?g(c,d,i):h(c,d);return r(`section`,{class:`narrow`,children:[r(`div`,{class:`page-head`,children:[i?r(`h2`,{children:`Publish an event`}):r(`h1`,{children:`Publish the first event`}),n&&r(`p`,{class:`waiting`,role:`status`,children:`Waiting for the first model and event`})]}),r(`ol`,{class:`steps`,children:[r(`li`,{children:r(O,{isForModel:i===void 0})}),r(`li`,{children:[r(`h3`,{id:`run`,children:[`Run this in a `,c===`curl`?`shell`:`Python interpreter`]}),r(D,{now:c}),r(`div`,{class:`snippet`,children:[r(s,{text:f,what:`program`}),r(`section`,{class:`code`,tabIndex:0,"aria-labelledby":`run`,children:r(`pre`,{children:r(`code`,{children:f})})})]}),r(`p`,{class:`quiet`,children:[i?`The event is made up to fit the columns of the model.`:`It creates a project and a model, which declares the columns of its events, and publishes one event.`,` `,n||i?`This page shows the event as soon as it is stored.`:r(e,{children:[`The `,r(`a`,{href:a(`/`),children:`list of models`}),` shows it as soon as it is stored.`]})]})]})]})]})}function E(e){return m.find(t=>t===e)??`curl`}function D({now:e}){return r(`fieldset`,{class:`tabs`,children:[r(`legend`,{class:`hidden`,children:`Language`}),m.map(t=>r(`label`,{children:[r(`input`,{type:`radio`,name:`language`,checked:t===e,onChange:()=>i({with:t===`curl`?null:t})}),r(`span`,{children:t})]},t))]})}function O({isForModel:e}){let{isRunning:t,error:n,run:i}=l(),a=e?[`ingest`,`manage`]:[`ingest`],o=async()=>{let t={name:`first event`,scopes:[...a,...e?[`read`]:[]]};C.value=(await p(f.POST(`/v3/tokens`,{body:t}))).data.token};return d(`admin`)?C.value===null?r(k,{title:`Create a token`,children:[r(`p`,{children:[`A token that may publish events`,e&&` and create models`,`. It is put into the program below.`]}),r(`button`,{type:`button`,class:`main`,disabled:t,onClick:()=>i(o),children:`Create a token`}),n&&r(c,{error:n})]}):r(k,{title:`The token is in the program below`,children:[r(`p`,{children:[r(`code`,{class:`secret`,children:C.value}),` `,r(s,{text:C.value,what:`token`})]}),r(`p`,{class:`quiet`,children:`It is shown until this tab is closed, and never again.`})]}):r(k,{title:`Use a token`,children:r(`p`,{children:[`Replace `,r(`code`,{children:S}),` below with a token with the `,a.length>1?`scopes`:`scope`,` `,a.join(` and `),`.`]})})}function k({title:t,children:n}){return r(e,{children:[r(`h3`,{children:t}),n]})}export{T as FirstEvent,w as FirstEventPage};