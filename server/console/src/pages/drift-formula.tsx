/** How a drift is computed: the formula, with the numbers that are in it. */

import { count, figure } from "../ui/number";
import type { DriftChoice } from "./drift-choice";
import { type Distribution, FEW_EVENTS, type Part, total } from "./drift-parts";

interface Props {
  found: Distribution;
  parts: Part[];
  choice: DriftChoice;
}

export function DriftFormula({ found, parts, choice }: Props) {
  const { edges } = found;
  const isCut = (found.sides ?? []).some((side) => side.other > 0) && edges === null;
  return (
    <details>
      <summary>How is this computed?</summary>
      <div class="prose">
        {choice.metric === "jsd" ? <Distance parts={parts} /> : <Index parts={parts} />}
        <p>
          {edges ? (
            <>
              The {count(edges.length - 1)} bins lie between these edges, each from its edge up to, but without, the
              next one; the last one includes its end: <code>{edges.map(String).join(", ")}</code>. Values below and
              above have a bin each if there are any.
            </>
          ) : (
            "Each value has a bin, and all values that the baseline lacks share one more, other."
          )}{" "}
          The bins come from the schema, else from the baseline. Events without a value are left out; their share is
          drawn beside the bins as <em>null</em>.
        </p>
        {isCut && <p>Other also has the values that are not among those shown one by one here.</p>}
        <p>
          Below {FEW_EVENTS} values on a side, the result is mostly chance: points are hollow, and there is no verdict.
          The limit of {choice.limit} is this page's; alert rules have their own.
        </p>
      </div>
    </details>
  );
}

function Distance({ parts }: { parts: Part[] }) {
  return (
    <p>
      The Jensen-Shannon distance of the shares p (baseline) and q (now) of {count(parts.length)} bins, to base 2:{" "}
      <code>JSD = √( ½ Σ p·log₂(p/m) + ½ Σ q·log₂(q/m) )</code> with <code>m = (p + q)/2</code>. It is 0 if both are
      equal, 1 if they have nothing in common, and here{" "}
      <code title={String(total(parts, "jsd"))}>{figure(total(parts, "jsd"))}</code>.
    </p>
  );
}

function Index({ parts }: { parts: Part[] }) {
  return (
    <p>
      The population stability index of {count(parts.length)} bins: <code>PSI = Σ (a − e)·ln(a/e)</code> with{" "}
      <code>e = (n + 1)/(N + {count(parts.length)})</code> for the n of N values that the baseline has in a bin, and the
      same for <code>a</code> (now). The 1 keeps empty bins finite. It is 0 if both are equal, has no upper end, and is
      here <code title={String(total(parts, "psi"))}>{figure(total(parts, "psi"))}</code>.
    </p>
  );
}
