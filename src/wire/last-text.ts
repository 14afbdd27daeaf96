import { Buffer } from "node:buffer";

/** What is longer is not worth its room. */
const LONGEST_KEPT = 256;
const NOTHING = Buffer.alloc(0);

/** Makes text of UTF-8, and gives back the very same text for the same bytes again, of which it keeps the last if they are few. */
export class LastText {
  #bytes: Buffer = NOTHING;
  #text = "";

  /** The text between the two places. */
  of(line: Buffer, start: number, end: number): string {
    if (this.#isLast(line, start, end)) return this.#text;
    if (end - start > LONGEST_KEPT) return line.toString("utf8", start, end);
    this.#bytes = Buffer.from(line.subarray(start, end)); // the line itself goes
    this.#text = this.#bytes.toString("utf8");
    return this.#text;
  }

  #isLast(line: Buffer, start: number, end: number): boolean {
    const bytes = this.#bytes;
    if (bytes.length !== end - start) return false;
    for (let at = 0; at < bytes.length; at += 1) if (bytes[at] !== line[start + at]) return false;
    return true;
  }
}
