/** The choice of a range of time: presets, typed text, two points, half a range back and forth, zoom out. */

import { useState } from "preact/hooks";
import { now } from "../api/pulse";
import { ALL, type Bounds, boundsOf, iso, PRESETS, type Range, typed } from "../url/range";
import { move, type Selection, show, widen } from "../url/selection";
import { MenuButton } from "./menu";
import { zone } from "./preferences";
import { inZone } from "./time";

export function RangePicker({ selection }: { selection: Selection }) {
  const name = nameOf(selection.range, selection.bounds);
  return (
    <fieldset class="range" aria-label="Range of time">
      <StepButton label="Half a range back" text="‹" act={() => move(-0.5)} />
      <MenuButton label={`Range: ${name}`} text={name} isForm>
        <RangeForm key={name + zone.value} selection={selection} />
      </MenuButton>
      <StepButton label="Half a range forth" text="›" act={() => move(0.5)} />
      <StepButton label="Zoom out to double the range" text="−" act={widen} />
    </fieldset>
  );
}

function StepButton({ label, text, act }: { label: string; text: string; act: () => void }) {
  return (
    <button type="button" class="plain" aria-label={label} title={label} onClick={act}>
      {text}
    </button>
  );
}

/** Name a range: that of its preset, else its bounds. */
export function nameOf(range: Range, { start, end }: Bounds): string {
  const preset = PRESETS.find((one) => one.range.from === range.from && one.range.to === range.to);
  if (preset) return preset.name;
  const span = /^now-(\d+)([smhdwMQy])$/.exec(range.from);
  if (span && range.to === "now") return `Last ${span[1]} ${span[2]}`;
  const short = (at: number) =>
    inZone(iso(at), zone.value)
      .replace(/:00$/, "")
      .replace(/ 00:00$/, "");
  return `${short(start)} to ${short(end)}`;
}

function RangeForm({ selection }: { selection: Selection }) {
  const written = (at: number) => inZone(iso(at), zone.value);
  const { bounds } = selection;
  const [text, setText] = useState("");
  const [from, setFrom] = useState(written(bounds.start));
  const [to, setTo] = useState(written(bounds.end));
  const said = text ? typed(text, now.value, zone.value) : { from, to };
  const found = said && (said.from === ALL.from ? bounds : boundsOf(said, now.value, zone.value));
  const apply = (event: Event) => {
    event.preventDefault();
    if (said && found) choose(event, text ? said : { from: iso(found.start), to: iso(found.end) });
  };
  return (
    <form class="range-form" onSubmit={apply}>
      <div class="presets">
        {PRESETS.map((preset) => (
          <button
            key={preset.name}
            type="button"
            aria-pressed={preset.range.from === selection.range.from && preset.range.to === selection.range.to}
            onClick={(event) => choose(event, preset.range)}
          >
            {preset.name}
          </button>
        ))}
      </div>
      <div class="form">
        <Field label="Range in words" hint="3 days, yesterday, 2013-12" value={text} set={setText} />
        <Field label={`From (${zone.value})`} hint="2013-12-24 09:00" value={from} set={setFrom} isOff={text !== ""} />
        <Field label={`To (${zone.value})`} hint="2013-12-31" value={to} set={setTo} isOff={text !== ""} />
        <p class={found ? "quiet small" : "fault small"} role="status">
          {found ? <Shown {...found} /> : "This is no range of time."}
        </p>
        <button type="submit" class="main" disabled={!found}>
          Show
        </button>
      </div>
    </form>
  );
}

function choose(event: Event, range: Range) {
  const menu = (event.target as Element).closest("details");
  menu?.removeAttribute("open");
  menu?.querySelector("summary")?.focus();
  show(range);
}

/** The bounds in UTC, or in the browser's zone if the page is in UTC. */
function Shown({ start, end }: Bounds) {
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const other = zone.value === "UTC" ? local : "UTC";
  return (
    <>
      {[...new Set([zone.value, other])].map((name) => (
        <span class="line" key={name}>
          {inZone(iso(start), name)} to {inZone(iso(end), name)} {name}
        </span>
      ))}
    </>
  );
}

interface FieldProps {
  label: string;
  hint: string;
  value: string;
  set: (text: string) => void;
  isOff?: boolean;
}

function Field({ label, hint, value, set, isOff = false }: FieldProps) {
  return (
    <label>
      {label}
      <input
        type="text"
        autocomplete="off"
        spellcheck={false}
        placeholder={hint}
        value={value}
        disabled={isOff}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  );
}
