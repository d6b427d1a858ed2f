/** The scores of a binary model: confusion at any threshold, ROC, precision and recall, calibration. All from one answer. */

import { useId, useState } from "preact/hooks";

import { Facts } from "../ui/facts";
import { count, figure, percent } from "../ui/number";
import type { Source } from "../ui/plot";
import { SquarePlot } from "../ui/square-plot";
import { change } from "../url/location";
import type { Model } from "../url/routes";
import { Confusion } from "./confusion";
import type { Performance } from "./performance";
import { type Cells, type CurvePoint, calibration, cellsAt, curve, rate, type Scores } from "./score-curves";

const MAX_THRESHOLD = 0.999;
const STEP = 0.001;
const FEW_LABELS = 30;

interface Props {
  model: Model;
  found: Performance;
  scores: Scores;
  source: Source;
  /** The threshold of the figures, null for the model's own. */
  threshold: number | null;
}

export function BinaryDetails({ model, found, scores, source, threshold }: Props) {
  const own = model.task_params.binary_classification_threshold ?? 0.5;
  const asked = threshold ?? own;
  const [cut, setCut] = useState<number | null>(null);
  const cells = cut === null && found.confusion ? cellsOf(found.confusion) : cellsAt(scores, cut ?? asked);
  return (
    <>
      <h2>At a threshold</h2>
      <div class="beside even">
        <section>
          <Threshold cut={cut ?? asked} asked={asked} own={own} set={setCut} />
          <Confusion classes={found.confusion?.classes ?? ["negative", "positive"]} counts={countsOf(cells)} />
          <Rates cells={cells} />
        </section>
        <Roc scores={scores} source={source} cells={cells} found={found} />
        <PrecisionRecall scores={scores} source={source} cells={cells} />
        <Calibration scores={scores} source={source} found={found} />
      </div>
    </>
  );
}

function cellsOf({ counts }: NonNullable<Performance["confusion"]>): Cells {
  const at = (actual: number, predicted: number) => counts[actual]?.[predicted] ?? 0;
  return { tn: at(0, 0), fp: at(0, 1), fn: at(1, 0), tp: at(1, 1) };
}

function countsOf({ tn, fp, fn, tp }: Cells): number[][] {
  return [
    [tn, fp],
    [fn, tp],
  ];
}

interface ThresholdProps {
  cut: number;
  asked: number;
  own: number;
  set: (cut: number | null) => void;
}

function Threshold({ cut, asked, own, set }: ThresholdProps) {
  const id = useId();
  const use = (value: number | null) => {
    set(null);
    change({ threshold: value === null || value === own ? null : String(value) });
  };
  return (
    <div class="threshold">
      <div class="threshold-line">
        <label for={id}>Positive from a score of</label> <output for={id}>{cut}</output>
        <input
          id={id}
          type="range"
          min="0"
          max={MAX_THRESHOLD}
          step={STEP}
          value={cut}
          onInput={(event) => set(Number(event.currentTarget.value))}
        />
      </div>
      <button type="button" class="small" disabled={cut === asked} onClick={() => use(cut)}>
        Use it for all figures
      </button>
      <button type="button" class="small" disabled={cut === own && asked === own} onClick={() => use(null)}>
        The model's own, {own}
      </button>
    </div>
  );
}

function Rates({ cells: { tp, fp, fn, tn } }: { cells: Cells }) {
  const rates: [string, number | null][] = [
    ["Accuracy", rate(tp + tn, tp + tn + fp + fn)],
    ["Precision", rate(tp, tp + fp)],
    ["Recall", rate(tp, tp + fn)],
    ["False positive rate", rate(fp, fp + tn)],
    ["F1 score", rate(2 * tp, 2 * tp + fp + fn)],
  ];
  return (
    <Facts
      facts={Object.fromEntries(
        rates.map(([name, value]) => [
          name,
          <span key={name} title={value === null ? "" : String(value)}>
            {value === null ? "–" : figure(value)}
          </span>,
        ]),
      )}
    />
  );
}

function thresholdWords({ threshold }: CurvePoint): string {
  return threshold === 1 ? "above 1" : threshold.toFixed(2);
}

function metricOf(found: Performance, id: string): number | null {
  return found.metrics?.find((one) => one.metric === id)?.figure.value ?? null;
}

interface CurveProps {
  scores: Scores;
  source: Source;
}

function Roc({ scores, source, cells, found }: CurveProps & { cells: Cells; found: Performance }) {
  const points = curve(scores).flatMap((at) => {
    const [x, y] = [rate(at.fp, at.fp + at.tn), rate(at.tp, at.tp + at.fn)];
    if (x === null || y === null) return [];
    const shown = thresholdWords(at);
    const words = `Threshold ${shown}: ${figure(y)} of the positive found, ${figure(x)} of the negative taken for positive`;
    return [{ x, y, words, cells: [shown, x, y] }];
  });
  const area = metricOf(found, "auroc");
  const [x, y] = [rate(cells.fp, cells.fp + cells.tn), rate(cells.tp, cells.tp + cells.fn)];
  return (
    <SquarePlot
      title="ROC"
      source={source}
      finding={area === null ? "Needs labels of both classes." : `Area under the curve: ${figure(area)}.`}
      axes={{ x: "false positive rate", y: "recall" }}
      head={["Threshold", "False positive rate", "Recall"]}
      points={points}
      mark={x === null || y === null ? null : { x, y }}
      hasDiagonal
    />
  );
}

function PrecisionRecall({ scores, source, cells }: CurveProps & { cells: Cells }) {
  const points = curve(scores).flatMap((at) => {
    const [x, y] = [rate(at.tp, at.tp + at.fn), rate(at.tp, at.tp + at.fp)];
    if (x === null || y === null) return [];
    const shown = thresholdWords(at);
    return [
      {
        x,
        y,
        words: `Threshold ${shown}: recall ${figure(x)}, precision ${figure(y)}`,
        cells: [shown, x, y],
      },
    ];
  });
  const base = rate(cells.tp + cells.fn, cells.tp + cells.fn + cells.fp + cells.tn);
  const [x, y] = [rate(cells.tp, cells.tp + cells.fn), rate(cells.tp, cells.tp + cells.fp)];
  return (
    <SquarePlot
      title="Precision and recall"
      source={source}
      finding={base === null ? "Needs labels." : `${percent(100 * base)} of the labels are positive.`}
      axes={{ x: "recall", y: "precision" }}
      head={["Threshold", "Recall", "Precision"]}
      points={points}
      mark={x === null || y === null ? null : { x, y }}
    />
  );
}

function Calibration({ scores, source, found }: CurveProps & { found: Performance }) {
  const points = calibration(scores).map((one) => ({
    x: one.score,
    y: one.rate,
    isHollow: one.events < FEW_LABELS,
    words: `Scores ${one.from} to ${one.to}: ${figure(one.score)} on average, ${figure(one.rate)} are positive, of ${count(one.events)} events`,
    cells: [`${one.from} to ${one.to}`, one.score, one.rate, one.events],
  }));
  const error = metricOf(found, "expected_calibration_error");
  return (
    <SquarePlot
      title="Calibration"
      source={source}
      finding={error === null ? "Needs labels." : `Off by ${figure(error)} on average.`}
      axes={{ x: "score", y: "share of positive" }}
      head={["Scores", "Mean score", "Positive", "Events"]}
      points={points}
      hasDiagonal
      hasDots
    />
  );
}
