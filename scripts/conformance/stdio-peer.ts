import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import type { Launch } from "../../test/support/gateway-home.ts";

const LEAVE_MS = 5_000;
const SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId";

/** Where the messages that belong to one request go. */
export interface Sink {
  /** A notification or a request of the server's. */
  event(message: JsonObject): void;
  /** The answer. */
  final(message: JsonObject): void;
}

interface Pending extends Sink {
  readonly id: unknown;
  readonly progressToken: unknown;
  readonly isSubscription: boolean;
}

/** The gateway as a child process that several HTTP requests share; gives every request an id that no other has. */
export class StdioPeer implements AsyncDisposable {
  /** Hears what belongs to no request. */
  stray: (message: JsonObject) => void = () => {};
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pending = new Map<unknown, Pending>();
  readonly #closed: Promise<unknown>;
  #lastId = 0;

  constructor({ command, args, env }: Launch) {
    this.#child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.resume();
    this.#child.stdin.on("error", () => undefined); // a gateway that has left breaks the pipe; `close` tells
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#receive(JSON.parse(line)));
    this.#closed = once(this.#child, "close").then(() => this.#failAll());
  }

  /** Sends a request; the function it gives back cancels it. */
  request(message: JsonObject, sink: Sink): () => void {
    const { id, method, params } = message;
    this.#lastId += 1;
    const ownId = this.#lastId;
    const meta = isJsonObject(params) ? params["_meta"] : undefined;
    const progressToken = isJsonObject(meta) ? meta["progressToken"] : undefined;
    this.#pending.set(ownId, { ...sink, id, progressToken, isSubscription: method === "subscriptions/listen" });
    this.send({ ...message, id: ownId });
    return () => {
      if (!this.#pending.delete(ownId)) return;
      this.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: ownId } });
    };
  }

  /** Sends a message that has no answer: a notification, or an answer to the server's own request. */
  send(message: JsonObject): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    const backstop = setTimeout(() => this.#child.kill("SIGKILL"), LEAVE_MS);
    await this.#closed;
    clearTimeout(backstop);
  }

  #receive(message: JsonObject): void {
    if (message["method"] !== undefined) {
      this.#passOn(message);
      return;
    }
    const pending = this.#pending.get(message["id"]);
    this.#pending.delete(message["id"]);
    pending?.final(withSubscription({ ...message, id: pending.id }, "result", pending.id));
  }

  /** Only progress and subscriptions name their request; whatever else comes is taken to belong to the newest one. */
  #passOn(message: JsonObject): void {
    const params = isJsonObject(message["params"]) ? message["params"] : {};
    const meta = isJsonObject(params["_meta"]) ? params["_meta"] : {};
    const requests = [...this.#pending.values()];
    const subscription = this.#pending.get(meta[SUBSCRIPTION_ID]);
    const token = params["progressToken"];
    const owner =
      token === undefined
        ? (subscription ?? requests.findLast(({ isSubscription }) => !isSubscription))
        : requests.find(({ progressToken }) => progressToken === token);
    const shown = subscription ? withSubscription(message, "params", subscription.id) : message;
    if (owner) owner.event(shown);
    else this.stray(shown);
  }

  #failAll(): void {
    for (const { id, final } of this.#pending.values())
      final({ jsonrpc: "2.0", id, error: { code: -32_603, message: "The gateway has left" } });
    this.#pending.clear();
  }
}

/** Puts the id the client knows in place of ours, where the message names its subscription. */
function withSubscription(message: JsonObject, part: "params" | "result", id: unknown): JsonObject {
  const body = message[part];
  const meta = isJsonObject(body) ? body["_meta"] : undefined;
  if (!isJsonObject(body) || !isJsonObject(meta) || meta[SUBSCRIPTION_ID] === undefined) return message;
  return { ...message, [part]: { ...body, _meta: { ...meta, [SUBSCRIPTION_ID]: id } } };
}
