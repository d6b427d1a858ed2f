/** When an alert rule fires: bins, comparison and thresholds. */

import { Field, type FieldInput, Group } from "../ui/form";
import { BINS, DELTAS, type Draft, type Metric } from "./rule-draft";

interface Props {
  metric: Metric | undefined;
  draft: Draft;
  change: (fields: Partial<Draft>) => void;
  isFixed: boolean;
}

export function ThresholdFields(props: Props) {
  const { draft, change } = props;
  return (
    <section>
      <h2>When it fires</h2>
      <Bins {...props} />
      <Kind {...props} />
      {draft.isAutomatic ? <Multipliers {...props} /> : <Fixed {...props} />}
      <div class="fields">
        <Choice
          label="Priority"
          at="/priority"
          value={draft.priority}
          options={{ HIGH: "high", MEDIUM: "medium", LOW: "low" }}
          choose={(priority) => change({ priority })}
        />
        <Field label="Delay in hours" at="/evaluation_delay">
          {(input) => (
            <Amount
              input={input}
              value={draft.delay}
              min="0"
              step="1"
              isRequired
              change={(delay) => change({ delay })}
            />
          )}
        </Field>
      </div>
    </section>
  );
}

function Bins({ draft, change, isFixed }: Props) {
  const deltas = DELTAS[draft.bin].map((bins) => [
    String(bins),
    `${bins} ${BINS[draft.bin]}${bins > 1 ? "s" : ""} before`,
  ]);
  return (
    <div class="fields">
      <Choice
        label="Each"
        at="/bin_size"
        value={draft.bin}
        options={BINS}
        isDisabled={isFixed}
        choose={(bin) => change({ bin, delta: "" })}
      />
      <Choice
        label="Judge"
        at="/compare_to"
        value={draft.comparison}
        options={{ raw_value: "the value", time_period: "its change" }}
        isDisabled={isFixed || draft.isAutomatic}
        choose={(comparison) => change({ comparison })}
      />
      {draft.comparison === "time_period" && (
        <Choice
          label="Since the one"
          at="/compare_bin_delta"
          value={draft.delta || String(DELTAS[draft.bin][0])}
          options={Object.fromEntries(deltas)}
          isDisabled={isFixed}
          choose={(delta) => change({ delta })}
        />
      )}
      <Choice
        label="Fires if"
        at="/condition"
        value={draft.condition}
        options={
          draft.comparison === "time_period"
            ? { greater: "it grows", lesser: "it falls" }
            : { greater: "it is above", lesser: "it is below" }
        }
        isDisabled={isFixed}
        choose={(condition) => change({ condition })}
      />
    </div>
  );
}

function Kind({ draft, change, isFixed }: Props) {
  const set = (isAutomatic: boolean) =>
    change(isAutomatic ? { isAutomatic, comparison: "raw_value" } : { isAutomatic });
  return (
    <Group label="Thresholds" at="/threshold_type">
      <label class="check">
        <input
          type="radio"
          name="thresholds"
          disabled={isFixed}
          checked={!draft.isAutomatic}
          onChange={() => set(false)}
        />
        fixed
      </label>
      <label class="check">
        <input
          type="radio"
          name="thresholds"
          disabled={isFixed}
          checked={draft.isAutomatic}
          onChange={() => set(true)}
        />
        by the spread of earlier bins
      </label>
    </Group>
  );
}

function Fixed({ draft, change, metric }: Props) {
  const isChange = draft.comparison === "time_period";
  const unit = isChange
    ? "0.1 is a change by 10 %."
    : metric?.is_percentage_comparison
      ? "In percent, from 0 to 100."
      : "";
  return (
    <div class="fields">
      <Field label="Critical" at="/critical_threshold" hint={unit}>
        {(input) => (
          <Amount input={input} value={draft.critical} isRequired change={(critical) => change({ critical })} />
        )}
      </Field>
      <Field label="Warning" at="/warning_threshold">
        {(input) => <Amount input={input} value={draft.warning} change={(warning) => change({ warning })} />}
      </Field>
    </div>
  );
}

function Multipliers({ draft, change }: Props) {
  return (
    <div class="fields">
      <Field label="Critical, deviations" at="/auto_threshold_params/critical_multiplier">
        {(input) => (
          <Amount
            input={input}
            value={draft.criticalMultiplier}
            isRequired
            change={(criticalMultiplier) => change({ criticalMultiplier })}
          />
        )}
      </Field>
      <Field label="Warning, deviations" at="/auto_threshold_params/warning_multiplier">
        {(input) => (
          <Amount
            input={input}
            value={draft.warningMultiplier}
            isRequired
            change={(warningMultiplier) => change({ warningMultiplier })}
          />
        )}
      </Field>
    </div>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  at: string;
  value: T;
  options: Record<string, string>;
  isDisabled?: boolean;
  choose: (value: T) => void;
}

function Choice<T extends string>({ label, at, value, options, isDisabled = false, choose }: ChoiceProps<T>) {
  return (
    <Field label={label} at={at}>
      {(input) => (
        <select
          {...input}
          disabled={isDisabled}
          value={value}
          onChange={(event) => choose(event.currentTarget.value as T)}
        >
          {Object.entries(options).map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface AmountProps {
  input: FieldInput;
  value: string;
  isRequired?: boolean;
  min?: string;
  step?: string;
  change: (text: string) => void;
}

function Amount({ input, value, isRequired = false, min, step = "any", change }: AmountProps) {
  return (
    <input
      {...input}
      type="number"
      step={step}
      {...(min !== undefined && { min })}
      required={isRequired}
      value={value}
      onInput={(event) => change(event.currentTarget.value)}
    />
  );
}
