import { Buffer } from "node:buffer";
import type { Writable } from "node:stream";
import { GatewayError } from "../model/errors.ts";
import { bytesOf, joinBytes, type Part } from "./join-bytes.ts";

const LINE_FEED = 0x0a;
const NEWLINE = Buffer.from("\n");
const NOTHING = Buffer.alloc(0);
const NOBODY: readonly LineTold[] = [];
const BROKEN = "Cannot write: the reading end is closed";
const BATCH_BYTES = 64 * 2 ** 10;

export interface LineWriterOptions {
  /** Above this many queued bytes the writer counts as congested, until the queue is down to half of it. */
  readonly highWaterBytes: number;
  /** Whether more lines are likely to follow within this turn of the event loop: then they are written together at its end. */
  readonly expectsMore?: () => boolean;
  readonly onCongested?: () => void;
  readonly onDrained?: () => void;
  /** The reader went away (EPIPE) or the stream broke; called once, every later write rejects. */
  readonly onFailed?: (error: Error) => void;
}

/** A line without its newline, as text or in parts. */
export type Line = string | readonly Part[];

interface QueuedLine {
  /** What of the line is not handed to the stream yet; a long one stays in the pieces in which it came, from the last to the first. */
  readonly rest: Buffer[];
  readonly told: LineTold | undefined;
  /** Whether any of it was handed to the stream. */
  begun: boolean;
}

/** Hears once that the operating system has a line, or why it never will. */
export type LineTold = (failed: Error | undefined) => void;

/**
 * Writes lines to a stream, one small batch at a time: while one batch is on its way the next lines gather.
 * Never throws and never lets a broken pipe end the process; what cannot be written rejects with `unavailable`.
 */
export class LineWriter {
  readonly #stream: Writable;
  readonly #options: LineWriterOptions;
  #queue: QueuedLine[] = [];
  #next = 0;
  #queuedBytes = 0;
  #handedOverBytes = 0;
  /** Who waits for lines that end in the batch under way; undefined while none is. */
  #underWay: readonly LineTold[] | undefined;
  #underWayBytes = 0;
  #congested = false;
  #waits = false;
  #failed: Error | undefined;
  #flushing: (() => void)[] = [];

  constructor(stream: Writable, options: LineWriterOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.on("error", (cause) => this.#fail(cause));
    stream.on("close", () => this.#fail(undefined));
  }

  /** Bytes accepted and not yet handed to the operating system. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Bytes handed to the operating system so far; it stands still while nobody reads. */
  get handedOverBytes(): number {
    return this.#handedOverBytes;
  }

  /** Why nothing can be written any more. */
  get failed(): Error | undefined {
    return this.#failed;
  }

  /** Queues one line, its newline added here; resolves once the operating system has it, rejects if it never will. */
  write(line: Line): Promise<void> {
    return new Promise((resolve, reject) => {
      this.put(line, (failed) => (failed ? reject(failed) : resolve()));
    });
  }

  /** The same without a promise; `told` may be left out where `onFailed` says enough. */
  put(line: Line, told?: LineTold): void {
    if (this.#failed) {
      told?.(this.#failed);
      return;
    }
    const pieces = piecesOf(line);
    const waits = this.#options.expectsMore?.() === true;
    if (Array.isArray(pieces)) this.#putBehind(pieces, told, waits);
    else if (waits || pieces.length > BATCH_BYTES || !this.#isIdle()) this.#putBehind([pieces], told, waits);
    else {
      this.#queuedBytes += pieces.length;
      this.#write(pieces, told ? [told] : NOBODY); // the common case needs no queue
    }
    if (this.#congested || this.#queuedBytes <= this.#options.highWaterBytes) return;
    this.#congested = true;
    this.#options.onCongested?.();
  }

  /** Resolves when nothing is queued any more, be it because everything was written or because the stream broke. */
  flush(): Promise<void> {
    if (this.#queuedBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushing.push(resolve));
  }

  #putBehind(rest: Buffer[], told: LineTold | undefined, waits: boolean): void {
    for (const piece of rest) this.#queuedBytes += piece.length;
    this.#queue.push({ rest, told, begun: false });
    if (waits) this.#pumpLater();
    else this.#pump();
  }

  #pumpLater(): void {
    if (this.#waits) return;
    this.#waits = true;
    setImmediate(() => {
      this.#waits = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#underWay || this.#next === this.#queue.length) return;
    const finished: LineTold[] = [];
    this.#write(this.#takeBatch(finished), finished);
  }

  /** Whether nothing is under way and nothing waits. */
  #isIdle(): boolean {
    return !this.#underWay && this.#next === this.#queue.length;
  }

  #write(bytes: Buffer, finished: readonly LineTold[]): void {
    this.#underWay = finished;
    this.#underWayBytes = bytes.length;
    this.#stream.write(bytes, this.#onTaken);
  }

  /** One for all batches, of which only one is under way. */
  readonly #onTaken = (cause: Error | null | undefined): void => {
    if (cause) this.#fail(cause);
    const finished = this.#underWay;
    if (this.#failed || !finished) return;
    this.#underWay = undefined;
    this.#written(this.#underWayBytes, finished);
  };

  /** At most about 64 KiB: a long line goes in slices, so that a slow reader can be told from one that stopped. Notes who waits for the lines that end in it. */
  #takeBatch(finished: LineTold[]): Buffer {
    const parts: Buffer[] = [];
    let room = BATCH_BYTES;
    for (let line = this.#queue[this.#next]; line && room > 0; ) {
      line.begun = true;
      const piece = line.rest.pop() ?? NOTHING;
      const part = piece.length <= room ? piece : piece.subarray(0, room);
      if (part !== piece) line.rest.push(piece.subarray(room));
      room -= part.length;
      parts.push(part);
      if (line.rest.length > 0) continue;
      if (line.told) finished.push(line.told);
      this.#next += 1;
      line = this.#queue[this.#next];
    }
    if (this.#next === this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
    }
    const [only] = parts;
    return only && parts.length === 1 ? only : Buffer.concat(parts);
  }

  #written(bytes: number, finished: readonly LineTold[]): void {
    this.#queuedBytes -= bytes;
    this.#handedOverBytes += bytes;
    for (const told of finished) told(undefined);
    if (this.#congested && this.#queuedBytes <= this.#options.highWaterBytes / 2) {
      this.#congested = false;
      this.#options.onDrained?.();
    }
    this.#pump();
    if (this.#queuedBytes === 0 && this.#flushing.length > 0) this.#releaseFlushing();
  }

  #fail(cause: Error | undefined): void {
    if (this.#failed) return;
    const cut = new GatewayError("unavailable", BROKEN, { cause }); // some of it may have arrived
    const unsent = new GatewayError("unavailable", BROKEN, { cause, outcome: "not_executed" });
    this.#failed = unsent;
    const [begun, lost] = [this.#underWay ?? NOBODY, this.#queue.slice(this.#next)];
    this.#queue = [];
    this.#next = 0;
    this.#queuedBytes = 0;
    for (const told of begun) told(cut);
    for (const line of lost) line.told?.(line.begun ? cut : unsent);
    this.#options.onFailed?.(unsent);
    this.#releaseFlushing();
  }

  #releaseFlushing(): void {
    for (const resolve of this.#flushing.splice(0)) resolve();
  }
}

/** A line in one piece, or a long one in the parts it came in, from the last to the first. Short ones are put together, since each costs more than its bytes. */
function piecesOf(line: Line): Buffer | Buffer[] {
  if (typeof line === "string") return Buffer.from(`${line}\n`);
  const bytes = bytesOf(line);
  if (bytes >= BATCH_BYTES) return [...line.map(asBuffer), NEWLINE].reverse();
  const whole = joinBytes(line, bytes + 1);
  whole[bytes] = LINE_FEED;
  return whole;
}

const asBuffer = (part: Part): Buffer =>
  typeof part === "number" ? joinBytes([part]) : Buffer.from(part.buffer, part.byteOffset, part.byteLength);
