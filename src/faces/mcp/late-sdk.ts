import type { JSONRPCMessage, Server, Transport } from "@modelcontextprotocol/server";
import type { Era } from "../../model/ports.ts";
import { errorResponse, INTERNAL_ERROR } from "../../wire/json-rpc.ts";
import { SdkChannel } from "./sdk-channel.ts";

export interface LateSdkOptions {
  /** Where the SDK's server writes to; its end is the connection's end. */
  readonly wire: Pick<Transport, "send" | "close">;
  readonly createServer: (era: Era) => Server | Promise<Server>;
  /** What brings a fresh server to where the conversation is. */
  readonly past: () => readonly JSONRPCMessage[];
  readonly onProblem: (error: unknown) => void;
}

/** The SDK's server of a connection, loaded with the first message for it. Messages wait in their order until it is there. */
export class LateSdk {
  readonly #options: LateSdkOptions;
  readonly #channel: SdkChannel;
  readonly #waiting: JSONRPCMessage[] = [];
  #loading: Promise<void> | undefined;
  #connection: { close(): Promise<void> } | undefined;

  constructor(options: LateSdkOptions) {
    this.#options = options;
    this.#channel = new SdkChannel(options.wire);
  }

  /** Whether it is there, or on its way. */
  get isIn(): boolean {
    return this.#loading !== undefined;
  }

  deliver(message: JSONRPCMessage): void {
    if (this.#connection) {
      this.#channel.deliver(message);
      return;
    }
    this.#waiting.push(message);
    this.load().catch(() => this.#refuseWaiting());
  }

  /** Resolves when the server knows all that was said before; everything that waited has been delivered then. */
  load(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#options.onProblem(error);
      throw error;
    });
    return this.#loading;
  }

  async close(): Promise<void> {
    await this.#connection?.close();
    await this.#options.wire.close();
  }

  /** The wire is closed. */
  closed(): void {
    this.#channel.onclose?.();
  }

  async #load(): Promise<void> {
    const { serveStdio } = await import("@modelcontextprotocol/server/stdio");
    const { createServer, past, onProblem } = this.#options;
    const connection = serveStdio(({ era }) => createServer(era), { transport: this.#channel, onerror: onProblem });
    for (const message of past()) await this.#channel.replay(message);
    this.#connection = connection;
    for (const message of this.#waiting.splice(0)) this.#channel.deliver(message);
  }

  #refuseWaiting(): void {
    for (const message of this.#waiting.splice(0)) {
      if (!("method" in message) || !("id" in message)) continue;
      const refusal = errorResponse(message.id, { code: INTERNAL_ERROR, message: "Internal error" });
      this.#options.wire.send(refusal as JSONRPCMessage).catch(() => undefined);
    }
  }
}
