import { GatewayError } from "../model/errors.ts";

/** The door for new work: open until the gateway begins to shut down. */
export class Intake {
  #closed = false;

  get closed(): boolean {
    return this.#closed;
  }

  /** Lets nothing new in from now on; what is in flight goes on. */
  close(): void {
    this.#closed = true;
  }

  /** Throws `shutting_down` once it is closed. */
  assertOpen(): void {
    if (this.#closed) throw shuttingDown();
  }
}

/** What a call is told that comes too late. */
export const shuttingDown = (): GatewayError =>
  new GatewayError("shutting_down", "The gateway is shutting down and takes no new calls", {
    hint: "Call again after it has restarted",
  });
