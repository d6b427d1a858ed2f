/** Whom an alert rule notifies. */

import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { Field, Group } from "../ui/form";
import { Loaded } from "../ui/states";
import { Text } from "../ui/text";

/** The fields of the form. */
export interface Receiving {
  webhooks: string[];
  emails: string;
  services: string;
  severity: string;
}

export function receivingOf(config: Schemas["NotificationConfig"] | undefined): Receiving {
  return {
    webhooks: config?.webhooks ?? [],
    emails: config?.emails.join(", ") ?? "",
    services: config?.pagerduty_services.join(", ") ?? "",
    severity: config?.pagerduty_severity ?? "",
  };
}

export function receiversOf(receiving: Receiving): Schemas["NotificationConfigChange"] {
  return {
    webhooks: receiving.webhooks,
    emails: split(receiving.emails),
    pagerduty_services: split(receiving.services),
    pagerduty_severity: receiving.severity,
  };
}

function split(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

interface Props {
  receiving: Receiving;
  change: (receiving: Receiving) => void;
}

export function Receivers({ receiving, change }: Props) {
  const webhooks = useResource("webhooks", async (signal) => {
    return (await body(api.GET("/v2/webhooks", { params: { query: { limit: 1000 } }, signal }))).data.items;
  });
  const set = (fields: Partial<Receiving>) => change({ ...receiving, ...fields });
  const toggle = (id: string) => {
    const others = receiving.webhooks.filter((one) => one !== id);
    set({ webhooks: others.length === receiving.webhooks.length ? [...others, id] : others });
  };
  return (
    <section>
      <h2>Notify</h2>
      <Group label="Webhooks" at="/webhooks">
        <Loaded resource={webhooks}>
          {(found) => (
            <div class="choices">
              {found.length === 0 && <p class="quiet">There is no webhook yet.</p>}
              {found.map((one) => (
                <label key={one.uuid} class="check">
                  <input
                    type="checkbox"
                    checked={receiving.webhooks.includes(one.uuid)}
                    onChange={() => toggle(one.uuid)}
                  />
                  <Text value={one.name} />
                </label>
              ))}
            </div>
          )}
        </Loaded>
      </Group>
      <Field label="Mail to" at="/emails" hint="Addresses with commas between them.">
        {(input) => (
          <input {...input} value={receiving.emails} onInput={(event) => set({ emails: event.currentTarget.value })} />
        )}
      </Field>
      <Field label="PagerDuty services" at="/pagerduty_services" hint="Names that the administrator has set up.">
        {(input) => (
          <input
            {...input}
            value={receiving.services}
            onInput={(event) => set({ services: event.currentTarget.value })}
          />
        )}
      </Field>
    </section>
  );
}
