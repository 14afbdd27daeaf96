import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";
import { answeredId } from "./outgoing-message.ts";

/** The wire as the SDK's server sees it: it can be told again what was said before it came, and its answers to that are dropped. */
export class SdkChannel implements Transport {
  onmessage?: Transport["onmessage"];
  onerror?: (error: Error) => void;
  onclose?: () => void;
  readonly #wire: Pick<Transport, "send" | "close">;
  #answered: (() => void) | undefined;

  constructor(wire: Pick<Transport, "send" | "close">) {
    this.#wire = wire;
  }

  async start(): Promise<void> {}

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#answered && answeredId(message) !== undefined) this.#answered();
    else await this.#wire.send(message);
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  deliver(message: JSONRPCMessage): void {
    this.onmessage?.(message);
  }

  /** Tells the server a message of the past; resolves when it has been taken in. */
  async replay(message: JSONRPCMessage): Promise<void> {
    if (!("id" in message)) return this.deliver(message);
    await new Promise<void>((resolve) => {
      this.#answered = resolve;
      this.deliver(message);
    });
    this.#answered = undefined;
  }
}
