/** The first rows of a file, checked against the columns of a model before it is published. */

import type { Schemas } from "../api/client";

type Model = Schemas["Model"];

const HEAD_BYTES = 262_144;
const ROWS = 5;

export interface FileHead {
  /** Sentences that say why the file cannot be published. */
  problems: string[];
  /** Sentences about what may be a mistake. */
  notices: string[];
  header: string[];
  rows: string[][];
}

/** Read the start of a file. */
export async function readHead(file: File, model: Model): Promise<FileHead> {
  const empty = { problems: [], notices: [], header: [], rows: [] };
  if (file.size === 0) return { ...empty, problems: ["The file is empty."] };
  if (/\.(parquet|pq)$/i.test(file.name)) {
    const magic = await file.slice(0, 4).text();
    const problems = magic === "PAR1" ? [] : ["The file is no Parquet: it does not begin with PAR1."];
    return { ...empty, problems, notices: problems.length ? [] : ["Rows of Parquet are checked by the job."] };
  }
  if (!/\.csv$/i.test(file.name)) return { ...empty, problems: ["The name must end in .csv, .parquet or .pq."] };
  const [header = [], ...rows] = parseCsv(await file.slice(0, HEAD_BYTES).text());
  // The last row may be cut off in the middle.
  const whole = file.size > HEAD_BYTES ? rows.slice(0, -1) : rows;
  return { ...checked(header, whole, model), header, rows: whole.slice(0, ROWS) };
}

function checked(header: string[], rows: string[][], model: Model): Pick<FileHead, "problems" | "notices"> {
  const known = new Set(model.schema.columns.map(({ name }) => name));
  const has = new Set(header);
  const problems: string[] = [];
  const { event_id_col: id, event_ts_col: time } = model;
  if (id && !has.has(id)) problems.push(`The column ${id} is missing, so no row has an id.`);
  if (!rows.length) problems.push("There is no row below the header.");
  const notices = [
    list("Unknown columns, which are kept as undeclared:", unlike(header, known)),
    list("Columns that the file does not have:", unlike(needed(model), has)),
    time && !has.has(time) ? `The column ${time} is missing, so events get the time of receipt.` : "",
    ...numbers(header, rows, model),
  ];
  return { problems, notices: notices.filter((text) => text) };
}

/** Return the columns that a file should have: labels may come later, and the time has a sentence of its own. */
function needed(model: Model): string[] {
  const later = new Set([...(model.spec.targets ?? []), model.event_id_col, model.event_ts_col]);
  return model.schema.columns.map(({ name }) => name).filter((name) => !later.has(name));
}

/** Say in which columns of numbers a text was found in the first rows. */
function numbers(header: string[], rows: string[][], model: Model): string[] {
  return model.schema.columns
    .filter(({ data_type }) => data_type === "int" || data_type === "float")
    .flatMap(({ name, data_type }) => {
      const place = header.indexOf(name);
      const bad = place < 0 ? -1 : rows.findIndex((row) => isText(row[place] ?? ""));
      return bad < 0 ? [] : [`Row ${bad}, counted from 0, has no ${data_type} in ${name}, which is a violation.`];
    });
}

function isText(cell: string): boolean {
  return !/^(|nan|none|nat|<na>|[+-]?inf(inity)?)$/i.test(cell.trim()) && Number.isNaN(Number(cell));
}

function unlike(names: readonly string[], known: ReadonlySet<string>): string[] {
  return names.filter((name) => !known.has(name));
}

function list(text: string, names: string[]): string {
  const shown = names.slice(0, 10).join(", ");
  return names.length ? `${text} ${shown}${names.length > 10 ? ` and ${names.length - 10} more` : ""}.` : "";
}

/** Parse CSV with quotes; a quote inside a quoted cell is doubled. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cells = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/gy;
  for (let found = cells.exec(text); found; found = cells.exec(text)) {
    const [whole, cell = "", end] = found;
    if (!whole && !row.length) break;
    row.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === ",") continue;
    rows.push(row);
    row = [];
    if (!end) break;
  }
  return rows;
}
