import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { Signal } from "../../model/signal.ts";

interface AnswerHead {
  readonly statusCode: number;
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** An answer whose body is read as it comes. */
export interface HttpAnswer extends AnswerHead {
  readonly body: Readable;
}

/** An answer of JSON that has come whole. */
export interface WholeAnswer extends AnswerHead {
  readonly body: Buffer;
}

export const isWhole = (answer: HttpAnswer | WholeAnswer): answer is WholeAnswer => Buffer.isBuffer(answer.body);

/** Thrown for a body that was to be read whole and is longer than it may be. */
export class AnswerTooLong extends Error {
  override readonly name = "AnswerTooLong";
}

/** For whom an answer is read, and how. */
export interface AnswerOwner {
  readonly signal: Signal;
  /** How many bytes a body of JSON may have that is read whole; undefined: every body is read as it comes. */
  readonly wholeBytes: number | undefined;
  onAnswer(answer: HttpAnswer | WholeAnswer): void;
  /** Hears once why there is no answer; what breaks a body later is the body's to tell. */
  onFailed(error: unknown): void;
}

/**
 * Takes the answer to one dispatched request. JSON is gathered without a stream in between, which would cost more than the
 * hop; every other body becomes a Readable that holds its connection back while nobody reads.
 */
export class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #owner: AnswerOwner;
  readonly #over: () => void;
  /** A body of JSON so far; a short one mostly comes in one piece, for which there is no list. */
  #first: Buffer | undefined;
  #others: Buffer[] | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #head: AnswerHead | undefined;
  #body: AnswerBody | undefined;
  #bytes = 0;
  #failed = false;

  /** `over` hears once that the request has no connection any more and waits for none. */
  constructor(owner: AnswerOwner, over: () => void) {
    this.#owner = owner;
    this.#over = over;
    owner.signal.addEventListener("abort", this, ONCE);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    const { signal } = this.#owner;
    if (signal.aborted) controller.abort(signal.reason); // it was given up in the queue for a connection
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (statusCode < 200) return; // the real answer follows
    this.#head = { statusCode, headers };
    if (this.#owner.wholeBytes !== undefined && statusCode < 300 && isPlainJson(headers)) {
      if (Number(headers["content-length"] ?? 0) > this.#owner.wholeBytes) controller.abort(new AnswerTooLong());
      return;
    }
    this.#body = new AnswerBody(controller);
    this.#owner.onAnswer({ statusCode, headers, body: this.#body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body) {
      if (!this.#body.push(chunk)) controller.pause();
      return;
    }
    this.#bytes += chunk.length;
    if (this.#bytes > (this.#owner.wholeBytes ?? 0)) controller.abort(new AnswerTooLong());
    else if (!this.#first) this.#first = chunk;
    else if (this.#others) this.#others.push(chunk);
    else this.#others = [chunk];
  }

  onResponseEnd(): void {
    this.#end();
    if (this.#body) this.#body.complete();
    else if (this.#head) this.#owner.onAnswer(wholeOf(this.#head, this.#takeWhole()));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end();
    if (this.#body) this.#body.destroy(error);
    else this.#fail(error);
  }

  /** Its signal has aborted. */
  handleEvent(): void {
    const { reason } = this.#owner.signal;
    this.#body?.on("error", () => {}); // whoever gave it up has the reason
    if (this.#body) this.#body.destroy(reason);
    else if (this.#controller) this.#controller.abort(reason);
    else this.#fail(reason);
  }

  /** In one piece; the pieces in which it came can go. */
  #takeWhole(): Buffer {
    const [first, others] = [this.#first ?? NOTHING, this.#others];
    this.#first = this.#others = undefined;
    return others ? Buffer.concat([first, ...others], this.#bytes) : first;
  }

  /** Once: a request that was given up in the queue for a connection is refused when its turn comes. */
  #fail(reason: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#owner.onFailed(reason);
  }

  #end(): void {
    this.#over();
    this.#owner.signal.removeEventListener("abort", this);
  }
}

const wholeOf = ({ statusCode, headers }: AnswerHead, body: Buffer): WholeAnswer => ({ statusCode, headers, body });

/** A body as it comes; destroying it before its end closes its connection. */
class AnswerBody extends Readable {
  readonly #controller: Dispatcher.DispatchController;
  #isComplete = false;

  constructor(controller: Dispatcher.DispatchController) {
    super();
    this.#controller = controller;
  }

  complete(): void {
    this.#isComplete = true;
    this.push(null);
  }

  override _read(): void {
    this.#controller.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isComplete) this.#controller.abort(error ?? new Error("Answer left before its end"));
    done(error);
  }
}

/** The media type in a head, without its parameters, in lower case. */
export function mediaTypeOf(headers: AnswerHead["headers"]): string {
  const type = headers["content-type"];
  if (type === "application/json" || type === "text/event-stream") return type;
  return String(type ?? "")
    .split(";", 1)[0]
    ?.trim()
    .toLowerCase() as string;
}

const isPlainJson = (headers: AnswerHead["headers"]): boolean =>
  mediaTypeOf(headers) === "application/json" && (headers["content-encoding"] ?? "identity") === "identity";

const ONCE = { once: true } as const;
const NOTHING = Buffer.alloc(0);
