import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** What is left in the gateway's process after a garbage collection. */
export interface Sample {
  /** Seconds since the sampler was made. */
  readonly at: number;
  /** Heap and external memory. */
  readonly heapMib: number;
  /** The same without compiled code, which V8 adds to for as long as rare paths turn hot. */
  readonly dataMib: number;
  readonly codeMib: number;
  readonly rssMib: number;
  readonly fds: number;
  /** Open handles of all kinds but timers. */
  readonly handles: number;
  readonly timers: number;
}

interface Report {
  readonly heapUsed: number;
  readonly external: number;
  readonly code: number;
  readonly rss: number;
  readonly handles: Readonly<Record<string, number>>;
  readonly fds: number;
}

const MIB = 2 ** 20;

/** Asks the probe in a gateway's process what is left there. */
export class Sampler {
  readonly #child: ChildProcess;
  readonly #began = performance.now();
  readonly samples: Sample[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** One more sample, kept in `samples`. */
  async take(): Promise<Sample> {
    this.#child.send("sample");
    const [report]: Report[] = await once(this.#child, "message");
    if (!report) throw new Error("Expected a report of the probe");
    const { Timeout: timers = 0, ...handles } = report.handles;
    const sample: Sample = {
      at: (performance.now() - this.#began) / 1_000,
      heapMib: (report.heapUsed + report.external) / MIB,
      dataMib: (report.heapUsed + report.external - report.code) / MIB,
      codeMib: report.code / MIB,
      rssMib: report.rss / MIB,
      fds: report.fds,
      handles: Object.values(handles).reduce((sum, count) => sum + count, 0),
      timers,
    };
    this.samples.push(sample);
    return sample;
  }
}
