/** A link to a page of a model, which keeps range, environment and segment. It is plain text if there is no such page. */

import type { ComponentChildren } from "preact";
import type { Query } from "../url/location";
import { hasPage, linkToPage } from "../url/routes";

interface Props {
  modelId: string;
  page: string;
  item?: string | null;
  query?: Query;
  children: ComponentChildren;
}

export function PageLink({ modelId, page, item = null, query = {}, children }: Props) {
  return hasPage(page) ? <a href={linkToPage(modelId, page, item, query)}>{children}</a> : children;
}
