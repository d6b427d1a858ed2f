/**
 * A part of a page that loads by itself: it keeps its height and its title from the start, so that nothing jumps, and an error
 * stays in it.
 *
 *   <Panel title="Traffic" resource={series}>{(data) => <Chart title="Traffic" … />}</Panel>
 *
 * The title is shown until the data are there; after that, the content has its own.
 */

import type { ComponentChildren } from "preact";
import type { Resource } from "../api/resource";
import { Loaded } from "./states";

interface Props<T> {
  title: string;
  resource: Resource<T>;
  isLow?: boolean;
  children: (data: T) => ComponentChildren;
}

export function Panel<T>({ title, resource, isLow = false, children }: Props<T>) {
  return (
    <section class={isLow ? "panel low" : "panel"} aria-label={title}>
      {resource.data === undefined && (
        <div class="panel-head">
          <h2>{title}</h2>
        </div>
      )}
      <Loaded resource={resource}>{children}</Loaded>
    </section>
  );
}
