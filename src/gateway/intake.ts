import { GatewayError } from "../model/errors.ts";

/** The door for new work: open until the gateway begins to shut down, and shut for a server while it is being stopped. */
export class Intake {
  #closed = false;
  readonly #stopping = new Set<string>();

  get closed(): boolean {
    return this.#closed;
  }

  /** Lets nothing new in from now on; what is in flight goes on. */
  close(): void {
    this.#closed = true;
  }

  /** Lets nothing new to this server while it is being stopped on somebody's word: a call would start it again. */
  async shutFor<T>(backend: string, stop: () => Promise<T>): Promise<T> {
    this.#stopping.add(backend);
    try {
      return await stop();
    } finally {
      this.#stopping.delete(backend);
    }
  }

  /** Throws what a call of that server would be refused with. */
  assertOpen(backend: string): void {
    const refusal = this.refusalOf(backend);
    if (refusal) throw refusal;
  }

  /** `shutting_down` once it is closed, or while it is shut for that server. */
  refusalOf(backend: string): GatewayError | undefined {
    if (this.#closed) return shuttingDown();
    if (!this.#stopping.has(backend)) return undefined;
    return new GatewayError("shutting_down", `"${backend}" is being stopped and takes no new calls`, {
      backend,
      hint: "Call again once it has stopped, if it is to be started anew",
    });
  }
}

/** What a call is told that comes too late. */
export const shuttingDown = (): GatewayError =>
  new GatewayError("shutting_down", "The gateway is shutting down and takes no new calls", {
    hint: "Call again after it has restarted",
  });
