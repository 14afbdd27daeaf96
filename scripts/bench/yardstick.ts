import { fileURLToPath } from "node:url";
import type { Scope } from "../../src/model/scope.ts";
import { sleep, systemClock } from "../../src/time/clock.ts";
import { LineDriver } from "./line-driver.ts";
import { pinToOneCpu } from "./machine.ts";
import { median } from "./statistics.ts";

const PROGRAM = fileURLToPath(new URL("backends/fixed-work.mjs", import.meta.url));
const LOOKS = 200;
const APART_MS = 5;

/** A bare process that always computes the same: how long it takes for that at worst is what the machine does to any program. */
export class Yardstick {
  readonly #driver: LineDriver;
  #units = 1;
  #id = 1;

  constructor(scope: Scope, cpu?: string) {
    this.#driver = scope.use(new LineDriver(process.execPath, [PROGRAM]));
    if (cpu !== undefined) pinToOneCpu(cpu, this.#driver.child.pid);
  }

  /** Has it compute from now on what usually takes that long. */
  async setTo(ms: number): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      const took: number[] = [];
      for (let look = 0; look < LOOKS; look += 1) {
        took.push(await this.measure());
        await sleep(systemClock, APART_MS);
      }
      this.#units = Math.max(1, Math.round((this.#units * ms) / median(took)));
    }
  }

  /** Computes once: the ms that took, without the waiting for a CPU. */
  measure(): Promise<number> {
    const id = this.#id++;
    const line = `${JSON.stringify({ id, units: this.#units })}\n`;
    return new Promise((resolve) => {
      this.#driver.send(id, line, () => resolve(Math.max(0, Number(/"ms":([^,]+)/.exec(this.#driver.lastLine)?.[1]))));
    });
  }
}
