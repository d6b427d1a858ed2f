/** A choice of one of few, side by side. */

interface Props<T extends string> {
  /** What is chosen, for a screen reader. */
  label: string;
  /** The texts by their values. */
  choices: Record<T, string>;
  now: T;
  choose: (value: T) => void;
}

export function Tabs<T extends string>({ label, choices, now, choose }: Props<T>) {
  return (
    <fieldset class="tabs" aria-label={label}>
      {(Object.entries(choices) as [T, string][]).map(([value, text]) => (
        <label key={value}>
          <input type="radio" name={label} checked={value === now} onChange={() => choose(value)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
