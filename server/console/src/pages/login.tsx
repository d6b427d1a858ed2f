/** The login, as a page or over a page whose session has ended. */

import { useEffect, useState } from "preact/hooks";
import { logIn } from "../api/session";
import { useAction } from "../ui/action";
import { Logo } from "../ui/logo";
import { Failure } from "../ui/states";

interface FormProps {
  /** The code of a link, which is used at once. */
  code?: string | null;
}

export function LoginPage({ code }: FormProps) {
  return (
    <main class="login">
      <h1>
        <Logo /> Inference Events
      </h1>
      <LoginForm code={code ?? null} />
    </main>
  );
}

/** Ask for a token, and log in with it. */
export function LoginForm({ code = null }: FormProps) {
  const [token, setToken] = useState("");
  const { isRunning, error, run } = useAction();
  useEffect(() => {
    if (code) run(() => logIn({ code }));
  }, [code]);
  if (code && isRunning) return <p role="status">Logging in …</p>;
  const submit = (event: Event) => {
    event.preventDefault();
    run(() => logIn({ token: token.trim() }));
  };
  return (
    <form class="form" onSubmit={submit}>
      {/* Password managers keep the token under this name. */}
      <input hidden readOnly autocomplete="username" name="username" value="inference-events" />
      <label>
        Token
        <input
          type="password"
          autocomplete="current-password"
          required
          autofocus
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      {error && <Failure error={error} />}
      <button type="submit" class="main" disabled={isRunning}>
        Log in
      </button>
      <p class="quiet">
        No token at hand? On the server's machine, <code>inference-events console</code> prints a link that logs in. The
        first admin token is in the data directory's file <code>admin-token</code>.
      </p>
    </form>
  );
}
