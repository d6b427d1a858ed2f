/** The head of a column by which a list can be sorted. The order is part of the page's address. */

import { change, place } from "../url/location";

interface Props {
  field: string;
  label: string;
  /** The order without one in the address, as `name` or `-created_at`. */
  usual: string;
  isNumber?: boolean;
}

/** Return the order of the page: that of its address, else the usual one. */
export function ordering(usual: string): string {
  return place.value.query.get("sort") ?? usual;
}

export function SortHead({ field, label, usual, isNumber }: Props) {
  const now = ordering(usual);
  const isUp = now === field;
  const isDown = now === `-${field}`;
  const next = isUp ? `-${field}` : field;
  const sort = () => change({ sort: next === usual ? null : next, offset: null });
  return (
    <th scope="col" class={isNumber ? "number" : ""} aria-sort={isUp ? "ascending" : isDown ? "descending" : "none"}>
      <button type="button" class="sort" onClick={sort}>
        {label}
        <span aria-hidden="true" class="arrow">
          {isUp ? "↑" : isDown ? "↓" : ""}
        </span>
      </button>
    </th>
  );
}
