import type { BackendState, Running } from "../model/backend-state.ts";

type StateListener = (state: BackendState["name"], detail?: string) => void;

/** The one place where a backend's state is; whoever changes it tells. */
export class StateCell {
  readonly #tell: StateListener;
  #state: BackendState = { name: "stopped" };

  constructor(tell: StateListener) {
    this.#tell = tell;
  }

  get state(): BackendState {
    return this.#state;
  }

  /** What is running or paused. */
  get running(): Running | undefined {
    return this.#state.name === "running" || this.#state.name === "paused" ? this.#state.running : undefined;
  }

  become(state: BackendState, detail?: string): void {
    this.#state = state;
    this.#tell(state.name, detail);
  }
}
