import { once } from "node:events";
import type { LineDriver } from "./line-driver.ts";
import { machineMs, waitedMs } from "./process-figures.ts";

type Mark = readonly [id: number, at: number, waitedMs: number];

/** Tells what part of the time of a question was the gateway's, which has to run with `hop-probe.mjs`. */
export class HopWatch {
  readonly #gateway: LineDriver;
  readonly #asked = new Map<number, Mark>();

  constructor(gateway: LineDriver) {
    this.#gateway = gateway;
  }

  /** The line of this question is about to be written. */
  asking(id: number): void {
    this.#asked.set(id, [id, machineMs(), waitedMs(this.#gateway.child.pid ?? 0)]);
  }

  /**
   * Of every question answered since the last time: the ms from writing its line to the gateway's writing of the answer, without
   * those in which the gateway was ready to run and another process had the CPU.
   */
  async gatewayMs(): Promise<ReadonlyMap<number, number>> {
    this.#gateway.child.send("tell");
    const [answered]: (readonly Mark[])[] = await once(this.#gateway.child, "message");
    const found = new Map<number, number>();
    for (const [id, at, waited] of answered ?? []) {
      const [, askedAt, waitedBefore] = this.#asked.get(id) ?? [id, Number.NaN, Number.NaN];
      this.#asked.delete(id);
      const took = at - askedAt;
      found.set(id, Math.max(0, took - (waited - waitedBefore)));
    }
    return found;
  }
}
