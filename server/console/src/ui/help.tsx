/** The help: the link to the page, and the keys. */

import { place } from "../url/location";
import { ROUTES, routeAt } from "../url/routes";
import { frozenLink } from "../url/selection";
import { Copy } from "./copy";
import { Dialog } from "./dialog";
import { hasShortcuts } from "./preferences";

const KEYS: [string[], string][] = [
  [["/"], "Search"],
  [["j", "k"], "Next and previous row"],
  [["[", "]"], "Half a range back and forth"],
  [["-", "+"], "Double the range, or show its middle"],
  [["t", "a"], "Write the range into the address as fixed times"],
  [["l"], "Follow the data, or stop"],
  [["?"], "This help"],
];

export function Help({ close }: { close: () => void }) {
  const isOfModel = routeAt(place.value.path)?.route.isOfModel ?? false;
  const pages = ROUTES.filter((route) => isOfModel || !route.isOfModel);
  return (
    <Dialog title="Help" onClose={close}>
      <p>A link shows the same to everyone: range, search, order and page are part of the address.</p>
      <p class="actions-line">
        <Copy text={frozenLink()} what="link to this page" label="Copy link" />
        <Copy text={location.href} what="live link, whose range moves on," label="Copy live link" />
      </p>
      <h3>Shortcuts</h3>
      <dl class="keys">
        {pages.map((page) => (
          <Keys key={page.base} keys={["g", page.key]} what={page.title} />
        ))}
        {KEYS.map(([keys, what]) => (
          <Keys key={what} keys={keys} what={what} />
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={hasShortcuts.value}
          onChange={(event) => {
            hasShortcuts.value = event.currentTarget.checked;
          }}
        />
        Use shortcuts of single keys
      </label>
      <p class="quiet">
        <a href="./licenses.txt">Licences</a> of the packages in this console
      </p>
    </Dialog>
  );
}

function Keys({ keys, what }: { keys: string[]; what: string }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{what}</dd>
    </div>
  );
}
