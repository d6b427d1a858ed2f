/** Choose the columns of the list, among thousands by a part of their name. The choice is part of the address. */

import { useState } from "preact/hooks";
import { MenuButton } from "../../ui/menu";
import { count } from "../../ui/number";
import { Text } from "../../ui/text";
import { change } from "../../url/location";
import type { Model } from "../../url/routes";
import { isShownAnyway } from "./request";

const MATCHES = 50;
const MAX_CHOSEN = 50;

interface Props {
  model: Model;
  chosen: string[];
  isUsual: boolean;
}

export function ColumnChooser({ model, chosen, isUsual }: Props) {
  const [search, setSearch] = useState("");
  const all = model.schema.columns.filter(({ name }) => !isShownAnyway(model, name));
  const found = all.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
  const ordered = search ? found : [...found].sort((a, b) => rank(chosen, a.name) - rank(chosen, b.name));
  const toggle = (name: string) =>
    change({ columns: chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name] });
  return (
    <MenuButton label={`Columns ${chosen.length}: choose those of the list`} text={`Columns ${chosen.length}`} isForm>
      <div class="form chooser">
        <input
          type="search"
          aria-label="Search columns"
          placeholder={`Search ${count(all.length)} columns`}
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <div class="choices">
          {ordered.slice(0, MATCHES).map(({ name }) => (
            <label key={name} class="check">
              <input
                type="checkbox"
                checked={chosen.includes(name)}
                disabled={!chosen.includes(name) && chosen.length >= MAX_CHOSEN}
                onChange={() => toggle(name)}
              />
              <Text value={name} />
            </label>
          ))}
        </div>
        {ordered.length > MATCHES && <p class="quiet small">{count(ordered.length - MATCHES)} more match</p>}
        {!isUsual && (
          <button type="button" class="small" onClick={() => change({ columns: null })}>
            Usual columns
          </button>
        )}
      </div>
    </MenuButton>
  );
}

function rank(chosen: string[], name: string): number {
  const place = chosen.indexOf(name);
  return place < 0 ? chosen.length : place;
}
