/** Keep a fault of the console itself inside of the page where it happened: the rest of the console goes on. */

import { Component, type ComponentChildren } from "preact";

interface State {
  fault: string | null;
}

export class Boundary extends Component<{ children: ComponentChildren }, State> {
  override state: State = { fault: null };

  static override getDerivedStateFromError(error: unknown): State {
    return { fault: String(error) };
  }

  override render() {
    if (this.state.fault === null) return this.props.children;
    return (
      <div class="notice bad" role="alert">
        <p>The console has a fault on this page.</p>
        <p class="quiet">{this.state.fault}</p>
        <button type="button" class="small" onClick={() => location.reload()}>
          Reload
        </button>
      </div>
    );
  }
}
