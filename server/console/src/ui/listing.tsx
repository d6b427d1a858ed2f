/** A list of the server, a page at a time: what the address asks for, its items, and why there are none. */

import type { ComponentChildren } from "preact";
import type { Resource } from "../api/resource";
import { change, place } from "../url/location";
import { Pager } from "./pager";
import { Empty, Loaded } from "./states";

const LIMIT = 50;

export interface ListQuery {
  limit: number;
  offset: number;
  search?: string;
}

/** Return the page of the list that the address asks for. */
export function listQuery(): ListQuery {
  const { query } = place.value;
  const search = query.get("search");
  const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
  return { limit: LIMIT, offset, ...(search && { search }) };
}

interface Props<T> {
  resource: Resource<{ items: T[]; total: number }>;
  /** What the items are, as `alert rules`. */
  what: string;
  /** The parameters of the address that filter the list, besides the search. */
  filters?: string[];
  /** What to say if there is nothing at all. */
  none: ComponentChildren;
  children: (items: T[]) => ComponentChildren;
}

export function Listing<T>({ resource, what, filters = [], none, children }: Props<T>) {
  const names = ["search", ...filters];
  const isFiltered = names.some((name) => place.value.query.get(name));
  const { offset } = listQuery();
  return (
    <Loaded resource={resource}>
      {({ items, total }) =>
        items.length > 0 ? (
          <>
            {children(items)}
            <Pager offset={offset} shown={items.length} total={total} limit={LIMIT} what={what} />
          </>
        ) : isFiltered || total > 0 ? (
          <Empty title={isFiltered ? `None of the ${what} is like this.` : `The list ends before this page.`}>
            <button
              type="button"
              onClick={() => change(Object.fromEntries([...names, "offset"].map((name) => [name, null])))}
            >
              Show all {what}
            </button>
          </Empty>
        ) : (
          none
        )
      }
    </Loaded>
  );
}
