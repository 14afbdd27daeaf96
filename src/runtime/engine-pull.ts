import * as z from "zod/mini";
import { LineReader } from "../wire/line-codec.ts";

const PullLine = z.object({
  status: z.optional(z.string()),
  id: z.optional(z.string()),
  progress: z.optional(z.string()),
  stream: z.optional(z.string()),
  error: z.optional(z.string()),
});

const MAX_LINE_BYTES = 64 * 1_024;

/** Reads the stream of a pull: a JSON object a line, failures among them, since the status is 200 long before the end. */
export class PullReader {
  readonly #lines: LineReader;
  readonly #onProgress: (line: string) => void;
  #failure: string | undefined;

  constructor(onProgress: (line: string) => void) {
    this.#onProgress = onProgress;
    this.#lines = new LineReader({ maxBytes: MAX_LINE_BYTES, onLine: (line) => this.#take(line), onTooLong: () => {} });
  }

  /** Why the pull failed, in the engine's words; undefined if it did not. */
  get failure(): string | undefined {
    this.#lines.end();
    return this.#failure;
  }

  push(piece: Buffer): void {
    this.#lines.push(piece);
  }

  #take(line: Buffer): void {
    const read = PullLine.safeParse(parseJson(line.toString("utf8")));
    if (!read.success) return;
    const { error, id, progress, status, stream } = read.data;
    if (error !== undefined) this.#failure = error;
    const said = [id, status ?? stream?.trim(), progress].filter(Boolean).join(" ");
    if (said) this.#onProgress(said);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a line that is no JSON carries nothing we need
  }
}
