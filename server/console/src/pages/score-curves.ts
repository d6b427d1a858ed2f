/** Confusion, curves and calibration of a binary model, from its histogram of scores by label. */

import type { Schemas } from "../api/client";

export type Scores = NonNullable<Schemas["ScoreHistogram"]>;

/** Numbers of events by actual and predicted class. */
export interface Cells {
  tp: number;
  fp: number;
  fn: number;
  tn: number;
}

export interface CurvePoint extends Cells {
  threshold: number;
}

export interface CalibrationPoint {
  from: number;
  to: number;
  events: number;
  /** The mean score, taken in the middle of each bin of the histogram. */
  score: number;
  /** The share of events with the positive class. */
  rate: number;
}

/** How many thresholds a curve has: 0, 0.01, … 1. */
export const STEPS = 100;
const TENTHS = 10;

/** Return the numbers of events if scores from a threshold on predict the positive class. It must be an edge. */
export function cellsAt(scores: Scores, threshold: number): Cells {
  const first = scores.edges.findIndex((edge) => edge >= threshold - 1e-9);
  // The lists begin with the scores below the first edge. A score of 1 is in the last bin, so only those above are over it.
  const from = first + 1;
  const [fn, tp] = split(scores.positives, from);
  const [tn, fp] = split(scores.negatives, from);
  return { tp, fp, fn, tn };
}

/** Return the numbers of events at each threshold of a curve, from the least to the greatest. */
export function curve(scores: Scores): CurvePoint[] {
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const threshold = step / STEPS;
    return { threshold, ...cellsAt(scores, threshold) };
  });
}

/** Return the calibration of ten bins of the score, of those that have events. */
export function calibration(scores: Scores): CalibrationPoint[] {
  const bins = scores.edges.length - 1;
  const width = bins / TENTHS;
  return Array.from({ length: TENTHS }, (_, tenth) => {
    let events = 0;
    let positives = 0;
    let sum = 0;
    for (let bin = tenth * width; bin < (tenth + 1) * width; bin++) {
      const found = (scores.positives[bin + 1] ?? 0) + (scores.negatives[bin + 1] ?? 0);
      events += found;
      positives += scores.positives[bin + 1] ?? 0;
      sum += found * (((scores.edges[bin] ?? 0) + (scores.edges[bin + 1] ?? 0)) / 2);
    }
    const [from, to] = [tenth / TENTHS, (tenth + 1) / TENTHS];
    return { from, to, events, score: events ? sum / events : 0, rate: events ? positives / events : 0 };
  }).filter((one) => one.events > 0);
}

/** Return a share of a number, null of nothing. */
export function rate(part: number, all: number): number | null {
  return all ? part / all : null;
}

function split(counts: readonly number[], from: number): [number, number] {
  let below = 0;
  let above = 0;
  for (const [bin, count] of counts.entries()) {
    if (bin < from) below += count;
    else above += count;
  }
  return [below, above];
}
