/** Overview of a model: whether it is fine, on one screen. */

import { Text } from "../ui/text";
import type { ModelPageProps } from "../url/routes";

export function Overview({ model }: ModelPageProps) {
  return (
    <div class="page-head">
      <h1>
        <Text value={model.name} />
      </h1>
    </div>
  );
}
