import type { Readable } from "node:stream";

/** More than a pipe or socket buffers, so that one look reaches the end of a stream nobody writes to any more. */
const LOOK_BYTES = 256 * 2 ** 10;
const MAX_HELD_BYTES = 4 * 2 ** 20;

export interface PacedInputOptions {
  readonly onChunk: (chunk: Buffer) => void;
  /** Called once, after the last chunk was passed on. */
  readonly onEnd: () => void;
  /** Called once, when the stream ended, broke or was closed; chunks held back may still follow. */
  readonly onClosed: () => void;
}

/** A readable stream that can be held back, and still be asked whether it has ended meanwhile. */
export class PacedInput {
  readonly #input: Readable;
  readonly #options: PacedInputOptions;
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  #holdUpTo = 0;
  #pace: "flowing" | "paused" | "stopped" = "flowing";
  #closed = false;

  constructor(input: Readable, options: PacedInputOptions) {
    this.#input = input;
    this.#options = options;
  }

  start(): void {
    this.#input.on("data", this.#onData);
    for (const event of ["end", "error", "close"]) this.#input.on(event, this.#onClosed);
    if (this.#input.readableEnded || this.#input.destroyed) queueMicrotask(this.#onClosed);
  }

  /** Whether bytes were taken from the stream and not passed on. */
  get holding(): boolean {
    return this.#held.length > 0;
  }

  pause(): void {
    if (this.#pace !== "flowing") return;
    this.#pace = "paused";
    this.#input.pause();
  }

  resume(): void {
    if (this.#pace !== "paused") return;
    this.#pace = "flowing";
    for (let chunk = this.#release(); chunk; chunk = this.#release()) this.#options.onChunk(chunk);
    if (this.#pace !== "flowing") return;
    if (this.#closed) this.#options.onEnd();
    else this.#input.resume();
  }

  /** Takes a little more while paused, unread: a paused stream does not tell its end, which lies behind the unread bytes. */
  peek(): void {
    if (this.#pace !== "paused") return;
    this.#holdUpTo = Math.min(MAX_HELD_BYTES, this.#heldBytes + LOOK_BYTES);
    if (this.#heldBytes < this.#holdUpTo) this.#input.resume();
  }

  /** Takes nothing more from the stream, for good. */
  stop(): void {
    this.#pace = "stopped";
    this.#held.length = 0;
    this.#input.off("data", this.#onData);
    this.#input.pause();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#pace === "flowing") {
      this.#options.onChunk(chunk);
      return;
    }
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes >= this.#holdUpTo) this.#input.pause();
  };

  #release(): Buffer | undefined {
    if (this.#pace !== "flowing") return undefined; // the chunk before this one filled the queue again
    const chunk = this.#held.shift();
    this.#heldBytes -= chunk?.length ?? 0;
    return chunk;
  }

  readonly #onClosed = (): void => {
    if (this.#closed || this.#pace === "stopped") return;
    this.#closed = true;
    if (this.#held.length === 0) this.#options.onEnd();
    this.#options.onClosed();
  };
}
