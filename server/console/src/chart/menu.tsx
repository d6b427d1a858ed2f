/** What each chart offers: its numbers as a table and as CSV, its picture, a link, and the request that computes it. */

import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { ROOT } from "../api/client";
import { Copy, CopyItem } from "../ui/copy";
import { Dialog } from "../ui/dialog";
import { MenuButton } from "../ui/menu";
import { zone } from "../ui/preferences";
import { frozenLink } from "../url/selection";
import type { ChartProps } from "./chart";
import { toCsv } from "./data";
import { picture } from "./picture";

export interface ApiCall {
  /** The path of a POST, as `/v3/monitoring/series`. */
  path: string;
  body: unknown;
}

export interface MenuProps extends ChartProps {
  figure: RefObject<HTMLElement | null>;
  isTable: boolean;
  showTable: (is: boolean) => void;
}

export function Menu(props: MenuProps) {
  const { title, data, call, revision, figure, isTable, showTable } = props;
  const savePng = async () => {
    const made = figure.current && (await picture(figure.current, props));
    if (made) save(made, `${fileName(title)}.png`);
  };
  return <FigureMenu {...{ title, call, revision, isTable, showTable, savePng }} csv={() => toCsv(data, zone.value)} />;
}

export interface FigureMenuProps {
  title: string;
  call: ApiCall;
  revision: string;
  isTable: boolean;
  showTable: (is: boolean) => void;
  /** Write the numbers. */
  csv: () => string;
  savePng?: () => void;
}

/** Offer what is common to figures over time and small plots. */
export function FigureMenu({ title, call, revision, isTable, showTable, csv, savePng }: FigureMenuProps) {
  const [isCallOpen, openCall] = useState(false);
  const saveCsv = () => save(new Blob([csv()], { type: "text/csv" }), `${fileName(title)}.csv`);
  return (
    <>
      <MenuButton label={`Options of ${title}`} text="⋯">
        <button type="button" onClick={() => showTable(!isTable)}>
          {isTable ? "Hide table" : "Table"}
        </button>
        <button type="button" onClick={saveCsv}>
          CSV
        </button>
        {savePng && (
          <button type="button" onClick={savePng}>
            PNG
          </button>
        )}
        <CopyItem text={frozenLink} label="Copy link" />
        <button type="button" onClick={() => openCall(true)}>
          As API call
        </button>
      </MenuButton>
      {isCallOpen && <CallDialog call={call} revision={revision} onClose={() => openCall(false)} />}
    </>
  );
}

/** Show the request behind a figure, as commands that work with a token in the variable TOKEN. */
export function CallDialog({ call, revision, onClose }: { call: ApiCall; revision: string; onClose: () => void }) {
  const commands = { curl: curl(call), Python: python(call) };
  return (
    <Dialog title="As API call" onClose={onClose}>
      <p>
        The numbers are those of data revision <code>{revision}</code>. Put a token into the variable <code>TOKEN</code>
        .
      </p>
      {Object.entries(commands).map(([name, text]) => (
        <section key={name} class="stack">
          <div class="page-head">
            <h3>{name}</h3>
            <span class="spacer" />
            <Copy text={text} what={`the call for ${name}`} />
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it. */}
          <pre class="call" tabIndex={0}>
            {text}
          </pre>
        </section>
      ))}
    </Dialog>
  );
}

function curl({ path, body }: ApiCall): string {
  const text = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return `curl -sS --fail-with-body '${urlOf(path)}' \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '${text}'
`;
}

function python({ path, body }: ApiCall): string {
  return `import json, os, urllib.request

body = ${JSON.stringify(JSON.stringify(body))}
request = urllib.request.Request(
    ${JSON.stringify(urlOf(path))},
    body.encode(),
    {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"},
)
print(json.load(urllib.request.urlopen(request))["data"])
`;
}

function urlOf(path: string): string {
  return new URL(path.replace(/^\//, ""), ROOT).href;
}

/** Give the browser a file to keep. */
function save(content: Blob, name: string): void {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(content);
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
}

/** Return the name of a file that is called like a chart. */
function fileName(title: string): string {
  return (
    title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "chart"
  );
}
