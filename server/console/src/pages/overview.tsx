/** Overview of a model: whether it is fine, on one screen. */

import type { ComponentChildren } from "preact";
import { useLive } from "../api/pulse";
import type { Resource } from "../api/resource";
import { count, duration, figure, percent, short } from "../ui/number";
import { PageLink } from "../ui/page-link";
import { Sparkline } from "../ui/sparkline";
import { Failure } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { plain, Text } from "../ui/text";
import { Time } from "../ui/time";
import type { Model, ModelPageProps } from "../url/routes";
import { type Selection, useSelection } from "../url/selection";
import {
  type Drift,
  type Performance,
  readDrift,
  readPerformance,
  readTraffic,
  type Traffic,
} from "./overview-figures";
import { LastEvents, LastJobs, OpenAlerts } from "./overview-lists";
import "./overview.css";

const COURSE = 200;

export function Overview({ model }: ModelPageProps) {
  const selection = useSelection();
  return (
    <>
      <div class="page-head">
        <h1>Overview</h1>
      </div>
      <Figures model={model} selection={selection} />
      <div class="overview-lists">
        <LastEvents model={model} selection={selection} />
        <div class="stack">
          <OpenAlerts model={model} />
          <LastJobs model={model} />
        </div>
      </div>
    </>
  );
}

function Figures({ model, selection }: { model: Model; selection: Selection }) {
  const { key, revision } = selection;
  const traffic = useLive(`traffic ${key}`, revision, (signal) => readTraffic(model, selection, signal));
  const performance = useLive(`performance ${key}`, revision, (signal) => readPerformance(model, selection, signal));
  const drift = useLive(`drift ${key}`, revision, (signal) => readDrift(model, selection, signal));
  return (
    <>
      <TableBox label="Figures">
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">Figure</th>
              <th scope="col" class="number">
                In this range
              </th>
              <th scope="col" class="number">
                Change
              </th>
              <th scope="col">Course</th>
              <th scope="col" class="note">
                Note
              </th>
            </tr>
          </thead>
          <tbody>
            <TrafficLines model={model} traffic={traffic} />
            <DriftLine model={model} drift={drift} />
            <PerformanceLine model={model} performance={performance} course={traffic.data?.performance ?? null} />
          </tbody>
        </table>
      </TableBox>
      <Facts model={model} selection={selection} performance={performance.data ?? null} />
      {[traffic, performance, drift].map(({ error, reload }, n) =>
        error ? <Failure key={n} error={error} retry={reload} /> : null,
      )}
    </>
  );
}

function TrafficLines({ model, traffic }: { model: Model; traffic: Resource<Traffic> }) {
  const data = traffic.data;
  const [events, violations] = [data?.traffic, data?.violations];
  return (
    <>
      <Row
        name={
          <PageLink modelId={model.id} page="traffic">
            Traffic
          </PageLink>
        }
        value={events && `${count(events.value ?? 0)} events`}
        change={change(events?.change, (by) => percent(by))}
        course={events && <Sparkline width={COURSE} values={events.course} isFromZero label="Events over time" />}
        note={data?.covered ? `in whole bins: ${data.covered}` : ""}
      />
      <Row
        name={
          <PageLink modelId={model.id} page="integrity">
            Violations
          </PageLink>
        }
        value={violations && (violations.value === null ? "no events" : percent(violations.value))}
        change={change(violations?.change, (by) => `${percent(by).replace("%", "")} points`)}
        course={
          violations && (
            <Sparkline
              width={COURSE}
              values={violations.course}
              isFromZero
              label="Share of events with a violation over time"
            />
          )
        }
        note="events with a violation; missing labels do not count"
      />
    </>
  );
}

function DriftLine({ model, drift }: { model: Model; drift: Resource<Drift> }) {
  const data = drift.data;
  return (
    <Row
      name={
        <PageLink modelId={model.id} page="drift">
          Worst drift
        </PageLink>
      }
      value={data && (data.value === null ? data.reason : figure(data.value))}
      change={change(data?.change, short)}
      course={
        data?.course.length ? (
          <Sparkline width={COURSE} values={data.course} isFromZero label="Drift over time" />
        ) : undefined
      }
      note={
        data?.column && (
          <>
            JSD of{" "}
            <PageLink modelId={model.id} page="integrity" item={data.column}>
              <Text value={data.column} />
            </PageLink>{" "}
            against <Text value={data.baseline ?? ""} />
          </>
        )
      }
    />
  );
}

interface PerformanceProps {
  model: Model;
  performance: Resource<Performance | null>;
  course: Traffic["performance"];
}

function PerformanceLine({ model, performance: { data }, course }: PerformanceProps) {
  if (data === null) return null;
  const half = data?.interval ? ((data.interval[1] ?? 0) - (data.interval[0] ?? 0)) / 2 : null;
  const value = data && (data.value === null ? (data.reason ?? "no value").replaceAll("_", " ") : figure(data.value));
  return (
    <Row
      name={
        <PageLink modelId={model.id} page="performance">
          {plain(titled(data?.metric ?? "performance"))}
        </PageLink>
      }
      value={half === null ? value : `${value} ± ${short(half)}`}
      change={change(data?.change, short)}
      course={
        course?.course.length ? (
          <Sparkline width={COURSE} values={course.course} hollow={course.hollow ?? []} label="Performance over time" />
        ) : undefined
      }
      note={data && `${percent(100 * (data.labels.coverage ?? 0))} of the events have a label`}
    />
  );
}

interface RowProps {
  name: ComponentChildren;
  value: ComponentChildren;
  change: string;
  course: ComponentChildren;
  note: ComponentChildren;
}

function Row({ name, value, change, course, note }: RowProps) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="number strong">{value ?? <span class="quiet">…</span>}</td>
      <td class="number quiet">{change}</td>
      <td>{course}</td>
      <td class="note quiet">{note}</td>
    </tr>
  );
}

function titled(metric: string): string {
  return `${metric.charAt(0).toUpperCase()}${metric.slice(1).replaceAll("_", " ")}`;
}

/** Write a change with its sign. */
function change(by: number | null | undefined, write: (size: number) => string): string {
  if (by === null || by === undefined) return "–";
  return `${by > 0 ? "+" : by < 0 ? "−" : "±"}${write(Math.abs(by))}`;
}

interface FactsProps {
  model: Model;
  selection: Selection;
  performance: Performance | null;
}

function Facts({ model, selection, performance }: FactsProps) {
  const { environment } = selection;
  const { newest_event: newest } = environment;
  const target = model.spec.targets?.[0];
  return (
    <dl class="facts">
      <Fact name="Newest event">
        <Time at={newest?.timestamp ?? null} />
      </Fact>
      <Fact name="It was received">
        <Time at={newest?.received_at ?? null} />
      </Fact>
      <Fact name="All events">
        {count(environment.events)}
        {!environment.is_exact && " or more"}
      </Fact>
      {performance && target && (
        <Fact name="Labels">
          <PageLink modelId={model.id} page="integrity" item={target}>
            {percent(100 * (performance.labels.coverage ?? 0))} known
          </PageLink>
          <UsualLag lags={performance.labels.lags} />
        </Fact>
      )}
      <Fact name="Data revision">
        <code>{selection.revision}</code>
      </Fact>
    </dl>
  );
}

/** The time after which nine of ten labels have come. */
function UsualLag({ lags }: { lags: readonly (number | null)[] }) {
  const late = lags.at(-1);
  return late == null ? null : <span class="quiet">, usually after {duration(late)}</span>;
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
