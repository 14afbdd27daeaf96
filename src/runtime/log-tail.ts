import type { Readable } from "node:stream";
import { LineReader } from "../wire/line-codec.ts";

const MAX_LINES = 200;
const MAX_LINE_BYTES = 4_096;

/** The last 200 lines of what workloads write to their logs, each cut at 4 KiB; reading never stops, so no writer ever blocks. */
export class LogTail {
  readonly #lines: string[] = [];

  /** Reads a stream to its end; lines of several streams mix in the order of their arrival. */
  follow(stream: Readable): void {
    const reader = new LineReader({
      maxBytes: MAX_LINE_BYTES,
      onLine: (line) => this.#keep(line.toString("utf8")),
      onTooLong: (head) => this.#keep(`${head.toString("utf8")}…`),
    });
    stream.on("data", (chunk: Buffer) => reader.push(chunk));
    stream.on("end", () => reader.end());
    stream.on("error", () => reader.end());
  }

  /** Oldest first. */
  lines(): readonly string[] {
    return [...this.#lines];
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }
}
