/** A chart over time with the alerts of the range as marks. */

import { useMemo } from "preact/hooks";
import { Chart, type ChartProps } from "../chart/chart";
import { useSelection } from "../url/selection";
import { useAlertMarks } from "./alert-marks";

export function MarkedChart(props: ChartProps) {
  const marks = useAlertMarks(useSelection());
  const data = useMemo(() => ({ ...props.data, marks }), [props.data, marks]);
  return <Chart {...props} data={data} />;
}
