/** What each definition of a list gives on the events of the page, computed one after the other. */

import { useEffect, useState } from "preact/hooks";
import type { Schemas } from "../api/client";
import { count, figure, percent } from "../ui/number";
import { useSelection } from "../url/selection";
import type { Definition, Kind } from "./definition-kinds";
import { countOf } from "./definition-preview";

type Figures = ReadonlyMap<string, Schemas["DefinitionPreview"] | string>;

/** Return the preview, or why there is none, by the ids of definitions. */
export function useFigures(kind: Kind, definitions: Definition[], isOn: boolean): Figures {
  const [figures, setFigures] = useState<Figures>(new Map());
  const selection = useSelection();
  const key = JSON.stringify([selection.key, selection.revision, definitions.map((one) => one.id), isOn]);
  useEffect(() => {
    const abort = new AbortController();
    // One at a time: the server computes few at once, and charts must not wait for a list.
    const read = async () => {
      for (const one of isOn ? definitions : []) {
        const found = await countOf(kind, one.definition, selection, abort.signal).catch((error) =>
          String(error.message),
        );
        if (abort.signal.aborted) return;
        setFigures((last) => new Map([...last, [one.id, found]]));
      }
    };
    read();
    return () => abort.abort();
  }, [key]);
  return figures;
}

/** Show the share of a segment, or the figure of a metric. */
export function FigureOf({ of }: { of: Schemas["DefinitionPreview"] | string | undefined }) {
  if (of === undefined) return <span class="quiet">…</span>;
  if (typeof of === "string") return <span title={of}>unknown</span>;
  if (of.figure) {
    const { value, reason } = of.figure;
    return value === null ? <span class="quiet">{(reason ?? "no value").replaceAll("_", " ")}</span> : figure(value);
  }
  if (of.rows === 0) return <span class="quiet">no events</span>;
  return (
    <span title={`${count(of.matching ?? 0)} of ${count(of.rows)} events`}>
      {percent((100 * (of.matching ?? 0)) / of.rows)}
    </span>
  );
}
