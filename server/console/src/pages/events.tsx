/** The events of a model, or one of them. */

import type { ModelPageProps } from "../url/routes";
import { EventPage } from "./events/event";
import { EventList } from "./events/list";
import "./events.css";

export function Events({ model, item }: ModelPageProps) {
  return item === null ? <EventList model={model} /> : <EventPage key={item} model={model} id={item} />;
}
