/** The scores of a binary model: confusion at any threshold, ROC, precision and recall, calibration. All from one answer. */

import { useState } from "preact/hooks";

import { count, figure, percent } from "../ui/number";
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
  /** The threshold of the figures, null for the model's own. */
  threshold: number | null;
}

export function BinaryDetails({ model, found, scores, threshold }: Props) {
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
        <Roc scores={scores} cells={cells} found={found} />
        <PrecisionRecall scores={scores} cells={cells} />
        <Calibration scores={scores} found={found} />
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
  const use = (value: number | null) => {
    set(null);
    change({ threshold: value === null || value === own ? null : String(value) });
  };
  return (
    <div class="threshold">
      <label>
        Positive from a score of <output>{cut}</output>
        <input
          type="range"
          min="0"
          max={MAX_THRESHOLD}
          step={STEP}
          value={cut}
          onInput={(event) => set(Number(event.currentTarget.value))}
        />
      </label>
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
    <dl class="facts">
      {rates.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd title={value === null ? "" : String(value)}>{value === null ? "–" : figure(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function thresholdWords({ threshold }: CurvePoint): string {
  return threshold === 1 ? "above 1" : threshold.toFixed(2);
}

function metricOf(found: Performance, id: string): number | null {
  return found.metrics?.find((one) => one.metric === id)?.figure.value ?? null;
}

function Roc({ scores, cells, found }: { scores: Scores; cells: Cells; found: Performance }) {
  const points = curve(scores).flatMap((at) => {
    const [x, y] = [rate(at.fp, at.fp + at.tn), rate(at.tp, at.tp + at.fn)];
    if (x === null || y === null) return [];
    const shown = thresholdWords(at);
    const words = `Threshold ${shown}: ${figure(y)} of the positive found, ${figure(x)} of the negative taken for positive`;
    return [{ x, y, words, cells: [shown, figure(x), figure(y)] }];
  });
  const area = metricOf(found, "auroc");
  const [x, y] = [rate(cells.fp, cells.fp + cells.tn), rate(cells.tp, cells.tp + cells.fn)];
  return (
    <SquarePlot
      title="ROC"
      finding={area === null ? "Needs labels of both classes." : `Area under the curve: ${figure(area)}.`}
      axes={{ x: "false positive rate", y: "recall" }}
      head={["Threshold", "False positive rate", "Recall"]}
      points={points}
      mark={x === null || y === null ? null : { x, y }}
      hasDiagonal
    />
  );
}

function PrecisionRecall({ scores, cells }: { scores: Scores; cells: Cells }) {
  const points = curve(scores).flatMap((at) => {
    const [x, y] = [rate(at.tp, at.tp + at.fn), rate(at.tp, at.tp + at.fp)];
    if (x === null || y === null) return [];
    const shown = thresholdWords(at);
    return [
      {
        x,
        y,
        words: `Threshold ${shown}: recall ${figure(x)}, precision ${figure(y)}`,
        cells: [shown, figure(x), figure(y)],
      },
    ];
  });
  const base = rate(cells.tp + cells.fn, cells.tp + cells.fn + cells.fp + cells.tn);
  const [x, y] = [rate(cells.tp, cells.tp + cells.fn), rate(cells.tp, cells.tp + cells.fp)];
  return (
    <SquarePlot
      title="Precision and recall"
      finding={base === null ? "Needs labels." : `${percent(100 * base)} of the labels are positive.`}
      axes={{ x: "recall", y: "precision" }}
      head={["Threshold", "Recall", "Precision"]}
      points={points}
      mark={x === null || y === null ? null : { x, y }}
    />
  );
}

function Calibration({ scores, found }: { scores: Scores; found: Performance }) {
  const points = calibration(scores).map((one) => ({
    x: one.score,
    y: one.rate,
    isHollow: one.events < FEW_LABELS,
    words: `Scores ${one.from} to ${one.to}: ${figure(one.score)} on average, ${figure(one.rate)} are positive, of ${count(one.events)} events`,
    cells: [`${one.from} to ${one.to}`, figure(one.score), figure(one.rate), count(one.events)],
  }));
  const error = metricOf(found, "expected_calibration_error");
  return (
    <SquarePlot
      title="Calibration"
      finding={error === null ? "Needs labels." : `Off by ${figure(error)} on average.`}
      axes={{ x: "score", y: "share of positive" }}
      head={["Scores", "Mean score", "Positive", "Events"]}
      points={points}
      hasDiagonal
      hasDots
    />
  );
}
