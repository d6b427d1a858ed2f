/** The first run: a token and a program, until the first event arrives. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { api, body, ROOT } from "../api/client";
import { may } from "../api/session";
import { useAction } from "../ui/action";
import { Copy } from "../ui/copy";
import { Failure } from "../ui/states";
import { change, link, place } from "../url/location";
import { type Existing, firstEvent, LANGUAGES, type Language, nextEvent } from "./snippets";

const PLACEHOLDER = "YOUR_TOKEN";

/** The secret that was made on this page. It is kept while the console is open, as it is shown only once. */
const secret = signal<string | null>(null);

interface Props {
  /** Whether the page waits for the first model of all. */
  isWaiting?: boolean;
  /** A model that exists; without it, the program creates one. */
  existing?: Existing;
}

export function FirstEventPage() {
  return <FirstEvent />;
}

export function FirstEvent({ isWaiting = false, existing }: Props) {
  const language = languageOf(place.value.query.get("with"));
  const mark = useMemo(() => Math.random().toString(36).slice(2, 8), []);
  const target = { url: ROOT.href.replace(/\/$/, ""), token: secret.value ?? PLACEHOLDER, mark };
  const program = existing ? nextEvent(language, target, existing) : firstEvent(language, target);
  return (
    <section class="narrow">
      <div class="page-head">
        {existing ? <h2>Publish an event</h2> : <h1>Publish the first event</h1>}
        {isWaiting && (
          <p class="waiting" role="status">
            Waiting for the first model and event
          </p>
        )}
      </div>
      <ol class="steps">
        <li>
          <TokenStep isForModel={existing === undefined} />
        </li>
        <li>
          <h3 id="run">Run this in a {language === "curl" ? "shell" : "Python interpreter"}</h3>
          <Languages now={language} />
          <div class="snippet">
            <Copy text={program} what="program" />
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it. */}
            <section class="code" tabIndex={0} aria-labelledby="run">
              <pre>
                <code>{program}</code>
              </pre>
            </section>
          </div>
          <p class="quiet">
            {existing
              ? "The event is made up to fit the columns of the model."
              : "It creates a project and a model, which declares the columns of its events, and publishes one event."}{" "}
            {isWaiting || existing ? (
              "This page shows the event as soon as it is stored."
            ) : (
              <>
                The <a href={link("/")}>list of models</a> shows it as soon as it is stored.
              </>
            )}
          </p>
        </li>
      </ol>
    </section>
  );
}

function languageOf(name: string | null): Language {
  return LANGUAGES.find((one) => one === name) ?? "curl";
}

function Languages({ now }: { now: Language }) {
  return (
    <fieldset class="tabs">
      <legend class="hidden">Language</legend>
      {LANGUAGES.map((language) => (
        <label key={language}>
          <input
            type="radio"
            name="language"
            checked={language === now}
            onChange={() => change({ with: language === "curl" ? null : language })}
          />
          <span>{language}</span>
        </label>
      ))}
    </fieldset>
  );
}

function TokenStep({ isForModel }: { isForModel: boolean }) {
  const { isRunning, error, run } = useAction();
  const scopes = isForModel ? (["ingest", "manage"] as const) : (["ingest"] as const);
  // The vendor's client asks for more than it needs.
  const create = async () => {
    const token = { name: "first event", scopes: [...scopes, ...(isForModel ? (["read"] as const) : [])] };
    secret.value = (await body(api.POST("/v3/tokens", { body: token }))).data.token;
  };
  if (!may("admin")) {
    return (
      <Step title="Use a token">
        <p>
          Replace <code>{PLACEHOLDER}</code> below with a token with the {scopes.length > 1 ? "scopes" : "scope"}{" "}
          {scopes.join(" and ")}.
        </p>
      </Step>
    );
  }
  if (secret.value !== null) {
    return (
      <Step title="The token is in the program below">
        <p>
          <code class="secret">{secret.value}</code> <Copy text={secret.value} what="token" />
        </p>
        <p class="quiet">It is shown until this tab is closed, and never again.</p>
      </Step>
    );
  }
  return (
    <Step title="Create a token">
      <p>A token that may publish events{isForModel && " and create models"}. It is put into the program below.</p>
      <button type="button" class="main" disabled={isRunning} onClick={() => run(create)}>
        Create a token
      </button>
      {error && <Failure error={error} />}
    </Step>
  );
}

function Step({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <>
      <h3>{title}</h3>
      {children}
    </>
  );
}
