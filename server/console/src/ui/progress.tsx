/** How much of something is done. */

interface Props {
  /** In percent. */
  done: number;
  label: string;
}

export function Progress({ done, label }: Props) {
  return (
    <span class="progress">
      <progress max={100} value={done} aria-label={label} />
      <span>{Math.floor(done)}%</span>
    </span>
  );
}
