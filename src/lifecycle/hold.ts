import type { Running } from "../model/backend-state.ts";
import type { GatewayError } from "../model/errors.ts";
import type { Held } from "./backend-runner.ts";
import type { Ending } from "./ending.ts";
import type { IdleWatch } from "./idle-watch.ts";

/** Keeps a backend that runs from being idle, from now until it is released. */
export class Hold implements Held {
  readonly running: Running;
  readonly #idle: IdleWatch;
  readonly #ending: Ending;
  #isHeld = true;

  constructor(running: Running, idle: IdleWatch, ending: Ending) {
    this.running = running;
    this.#idle = idle;
    this.#ending = ending;
    idle.hold();
  }

  release(): void {
    if (this.#isHeld) this.#idle.release();
    this.#isHeld = false;
  }

  explain(error: GatewayError): Promise<GatewayError> | undefined {
    return this.#ending.explain(this.running, error);
  }
}
