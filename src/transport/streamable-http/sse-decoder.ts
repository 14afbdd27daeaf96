const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const DATA = Buffer.from("data:");
/** What a line costs in memory besides its bytes, so that many empty lines count as well. */
const LINE_OVERHEAD_BYTES = 64;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** One dispatched server-sent event; its data is never empty. */
export interface SseEvent {
  readonly type: string;
  readonly data: Buffer;
}

/** Thrown by `SseDecoder.push` when one event or one line grows beyond the limit. */
export class SseOverflow extends Error {
  override readonly name = "SseOverflow";
}

/**
 * Reads server-sent events out of byte chunks cut anywhere, by the rules of the HTML standard (section 9.2.6): LF, CR and
 * CRLF end lines, a leading BOM and comments are skipped, data lines are joined with LF. A line may be as long as an event,
 * because JSON answers come as one line.
 */
export class SseDecoder {
  readonly #maxEventBytes: number;
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #data: Buffer[] = [];
  #dataBytes = 0;
  #type = "";
  #afterCr = false;
  #started = false;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;

  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
  }

  /** The last `id` the stream named, or undefined. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** The reconnection time the stream asked for, or undefined. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** Takes the next bytes and gives back the events they complete. */
  push(chunk: Buffer): SseEvent[] {
    const events: SseEvent[] = [];
    let from = this.#afterCr && chunk[0] === LF ? 1 : 0;
    if (chunk.length > 0) this.#afterCr = false;
    let [lf, cr] = [chunk.indexOf(LF, from), chunk.indexOf(CR, from)];
    while (lf >= 0 || cr >= 0) {
      const end = lf < 0 || (cr >= 0 && cr < lf) ? cr : lf;
      this.#keep(chunk.subarray(from, end));
      const event = this.#endLine();
      if (event) events.push(event);
      from = end + (end === cr && chunk[end + 1] === LF ? 2 : 1);
      if (end === cr) this.#afterCr = end + 1 === chunk.length;
      if (lf >= 0 && lf < from) lf = chunk.indexOf(LF, from);
      if (cr >= 0 && cr < from) cr = chunk.indexOf(CR, from);
    }
    this.#keep(chunk.subarray(from));
    return events;
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#partial.push(bytes);
    this.#partialBytes += bytes.length;
    if (this.#partialBytes + this.#dataBytes > this.#maxEventBytes) throw new SseOverflow("Event is larger than allowed");
  }

  #endLine(): SseEvent | undefined {
    if (this.#partialBytes === 0 && this.#started) return this.#dispatch();
    const [only] = this.#partial;
    let line = only && this.#partial.length === 1 ? only : Buffer.concat(this.#partial, this.#partialBytes);
    this.#partial = [];
    this.#partialBytes = 0;
    if (!this.#started && line.subarray(0, 3).equals(BYTE_ORDER_MARK)) line = line.subarray(3);
    this.#started = true;
    if (line.length === 0) return this.#dispatch();
    this.#field(line);
    return undefined;
  }

  #field(line: Buffer): void {
    if (startsWith(line, DATA)) {
      this.#addData(line.subarray(line[DATA.length] === SPACE ? DATA.length + 1 : DATA.length)); // nearly every line is one
      return;
    }
    const colon = line.indexOf(COLON);
    if (colon === 0) return; // a comment
    const name = line.toString("utf8", 0, colon < 0 ? line.length : colon);
    const start = colon < 0 ? line.length : colon + 1;
    const value = line.subarray(line[start] === SPACE ? start + 1 : start);
    if (name === "data") this.#addData(value);
    else if (name === "event") this.#type = value.toString("utf8");
    else if (name === "id" && !value.includes(0)) this.#lastEventId = value.toString("utf8");
    else if (name === "retry" && /^\d{1,9}$/.test(value.toString("latin1"))) this.#retryMs = Number(value.toString("latin1"));
  }

  /** A line stays in the chunk it came in, unless it would keep far more alive than is counted for it. */
  #addData(value: Buffer): void {
    this.#data.push(2 * value.length < value.buffer.byteLength ? Buffer.from(value) : value);
    this.#dataBytes += value.length + LINE_OVERHEAD_BYTES;
  }

  #dispatch(): SseEvent | undefined {
    const [lines, type] = [this.#data, this.#type];
    this.#data = [];
    this.#dataBytes = 0;
    this.#type = "";
    const data = lines.length === 1 && lines[0] ? lines[0] : joinLines(lines);
    return data.length === 0 ? undefined : { type: type === "" ? "message" : type, data };
  }
}

function startsWith(line: Buffer, word: Buffer): boolean {
  for (let at = 0; at < word.length; at += 1) if (line[at] !== word[at]) return false;
  return true;
}

const NEWLINE = Buffer.from("\n");

const joinLines = (lines: readonly Buffer[]): Buffer =>
  Buffer.concat(lines.flatMap((line, at) => (at === 0 ? [line] : [NEWLINE, line])));
