import type { Readable } from "node:stream";
import { LineReader } from "../wire/line-codec.ts";

const MAX_LINES = 200;
const MAX_LINE_BYTES = 4_096;

/** The last 200 lines of what workloads write to their logs, each cut at 4 KiB; reading never stops, so no writer ever blocks. */
export class LogTail {
  readonly #lines: string[] = [];

  /** Reads a stream to its end, and resolves then; lines of several streams mix in the order of their arrival. */
  follow(stream: Readable): Promise<void> {
    const reader = new LineReader({
      maxBytes: MAX_LINE_BYTES,
      onLine: (line) => this.#keep(line.toString("utf8")),
      onTooLong: (head) => this.#keep(`${head.toString("utf8")}…`),
    });
    stream.on("data", (chunk: Buffer) => reader.push(chunk));
    return new Promise((resolve) => {
      const end = (): void => {
        reader.end();
        resolve();
      };
      stream.on("end", end);
      stream.on("error", end);
    });
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
