import { Buffer } from "node:buffer";

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SMALLEST_BUFFER = 4_096;
const KEPT_OF_TOO_LONG = 4_096;
const NOTHING = Buffer.alloc(0);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export interface LineReaderOptions {
  /** Longest line in bytes, its newline not counted; what is longer is discarded. */
  readonly maxBytes: number;
  /** Gets every line without its line end; empty lines are skipped. */
  readonly onLine: (line: Buffer) => void;
  /** Called as soon as a line turns out too long, once per line, with its first bytes (about 4 KiB). */
  readonly onTooLong: (head: Buffer) => void;
  /** Called when the end of a too long line has arrived, with its last bytes (at most 4 KiB). */
  readonly onDiscarded?: (tail: Buffer) => void;
}

/**
 * Splits a byte stream into newline-delimited lines, in linear time and in memory bounded by the longest line allowed.
 * Tolerates CRLF and a byte order mark at the start; a too long line is discarded while it streams by.
 */
export class LineReader {
  readonly #options: LineReaderOptions;
  #held: Buffer = NOTHING;
  #length = 0;
  #discarding = false;
  #atStart = true;

  constructor(options: LineReaderOptions) {
    this.#options = options;
  }

  /** Takes the next bytes; lines that end in them are delivered before it returns. */
  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE, from); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, at);
      from = at + 1;
      const whole = this.#length === 0 && !this.#discarding && rest.length <= this.#options.maxBytes;
      if (whole)
        this.#deliver(rest); // the common case: a line within one chunk is not copied
      else {
        this.#hold(rest);
        this.#endLine();
      }
    }
    if (from < chunk.length) this.#hold(chunk.subarray(from));
  }

  /** Delivers a last line that came without a newline. */
  end(): void {
    this.#endLine();
  }

  #hold(part: Buffer): void {
    if (this.#discarding) {
      this.#keepTail(part);
      return;
    }
    if (this.#length + part.length <= this.#options.maxBytes) {
      this.#append(part);
      return;
    }
    this.#startDiscarding(part);
  }

  #startDiscarding(part: Buffer): void {
    const begun = this.#held.subarray(0, this.#length);
    const head = Buffer.concat([begun.subarray(0, KEPT_OF_TOO_LONG), part.subarray(0, KEPT_OF_TOO_LONG)]);
    this.#discarding = true;
    this.#keepTail(part);
    this.#options.onTooLong(this.#withoutMark(head).subarray(0, KEPT_OF_TOO_LONG));
  }

  #keepTail(part: Buffer): void {
    const held = this.#held.subarray(0, this.#length);
    const tail = Buffer.concat([held.subarray(-KEPT_OF_TOO_LONG), part.subarray(-KEPT_OF_TOO_LONG)]);
    this.#held = tail.subarray(-KEPT_OF_TOO_LONG);
    this.#length = this.#held.length;
  }

  /** Doubles the room when it is used up: each byte is moved at most twice, however small the chunks are. */
  #append(part: Buffer): void {
    const needed = this.#length + part.length;
    if (needed > this.#held.length) {
      const room = Math.min(this.#options.maxBytes, Math.max(SMALLEST_BUFFER, needed, this.#held.length * 2));
      const roomier = Buffer.allocUnsafeSlow(room);
      this.#held.copy(roomier, 0, 0, this.#length);
      this.#held = roomier;
    }
    part.copy(this.#held, this.#length);
    this.#length = needed;
  }

  #endLine(): void {
    const line = this.#held.subarray(0, this.#length);
    const discarded = this.#discarding;
    this.#held = NOTHING; // the line may outlive this turn, so its room is never used again
    this.#length = 0;
    this.#discarding = false;
    if (!discarded) {
      this.#deliver(line);
      return;
    }
    this.#atStart = false;
    this.#options.onDiscarded?.(withoutReturn(line));
  }

  #deliver(raw: Buffer): void {
    const line = withoutReturn(this.#withoutMark(raw));
    this.#atStart = false;
    if (line.length > 0) this.#options.onLine(line);
  }

  #withoutMark(line: Buffer): Buffer {
    const marked = this.#atStart && line.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    return marked ? line.subarray(BYTE_ORDER_MARK.length) : line;
  }
}

const withoutReturn = (line: Buffer): Buffer => (line[line.length - 1] === CARRIAGE_RETURN ? line.subarray(0, -1) : line);
