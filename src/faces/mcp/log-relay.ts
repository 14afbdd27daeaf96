import type { JsonObject } from "../../model/json.ts";

const MOST_WAITING = 256;
const MOST_LINE_CHARS = 65_536;

/**
 * Passes log lines on to the host in order, as they come. A host that reads slower than a backend logs misses lines, and is told
 * how many.
 */
export class LogRelay {
  readonly #notify: (line: JsonObject) => Promise<void>;
  #waiting = 0;
  #missed = 0;
  #settled: Promise<void> | undefined;

  constructor(notify: (line: JsonObject) => Promise<void>) {
    this.#notify = notify;
  }

  tell(line: JsonObject): void {
    if (this.#waiting >= MOST_WAITING) {
      this.#missed += 1;
      return;
    }
    if (this.#missed > 0) this.#pass(missedLine(this.#missed));
    this.#missed = 0;
    this.#pass(isShort(line) ? line : { ...line, data: `${JSON.stringify(line["data"]).slice(0, MOST_LINE_CHARS)}… (cut)` });
  }

  /** Resolves when every line told so far has been handed over and a turn has passed: no answer overtakes a line before it. */
  async settled(): Promise<void> {
    await this.#settled;
  }

  /** Whether there is anything to settle. */
  get isBusy(): boolean {
    return this.#settled !== undefined;
  }

  #pass(line: JsonObject): void {
    this.#waiting += 1;
    const sent = this.#notify(line).catch(() => undefined); // a host that left needs no log
    const settled = Promise.all([this.#settled, sent]).then(async () => {
      this.#waiting -= 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#settled === settled) this.#settled = undefined;
    });
    this.#settled = settled;
  }
}

const isShort = ({ data }: JsonObject): boolean =>
  typeof data === "string" ? data.length <= MOST_LINE_CHARS : (JSON.stringify(data)?.length ?? 0) <= MOST_LINE_CHARS;

const missedLine = (count: number): JsonObject => ({
  level: "warning",
  logger: "sallyport",
  data: `${count} log lines were left out: they came faster than they were read`,
});
