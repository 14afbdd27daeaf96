import { GatewayError } from "../model/errors.ts";
import type { WorkloadExit } from "../model/ports.ts";
import type { Signal } from "../model/signal.ts";
import { Backoff } from "../time/backoff.ts";
import { type Clock, sleep } from "../time/clock.ts";
import type { EngineConnector } from "./engine-connector.ts";
import { isFault } from "./engine-errors.ts";

const KILLED = 137;
const REMOVED: WorkloadExit = { code: null, signal: null, reason: "removed by somebody" };

/**
 * Says how a container ended. 137 alone cannot tell a kill from a lack of memory, and the engine's own flag is not
 * reliable (false under runc with cgroup v1), so the sentence names both.
 */
export function describeExit(code: number, outOfMemory: boolean, memoryBytes: number): WorkloadExit {
  const limit = `its limit is ${Math.round(memoryBytes / 2 ** 20)} MiB`;
  if (outOfMemory) return { code, signal: "SIGKILL", reason: `out of memory: ${limit}` };
  if (code === KILLED)
    return { code, signal: "SIGKILL", reason: `killed (exit code 137), by somebody or for lack of memory: ${limit}` };
  return { code, signal: null, reason: `exited with code ${code}` };
}

const ENDED = new Set(["exited", "dead", "removing", "stopped"]);
const LOOKS_MS = [0, 20, 60, 120]; // an engine learns of a death only after the connections have

/** Looks a few times within 0.2 s whether a container has ended: podman's own word to those who wait comes up to 0.3 s late. */
export async function findExit({ id, memoryBytes, engines, clock, signal }: ExitWatch): Promise<WorkloadExit | undefined> {
  const { api } = await engines.engine(signal);
  for (const waitMs of LOOKS_MS) {
    if (waitMs > 0) await sleep(clock, waitMs, signal);
    const found = await api.inspect(id, signal);
    if (!found) return REMOVED;
    if (ENDED.has(found.State.Status)) return describeExit(found.State.ExitCode, found.State.OOMKilled, memoryBytes);
  }
  return undefined;
}

export interface ExitWatch {
  readonly id: string;
  readonly memoryBytes: number;
  readonly engines: EngineConnector;
  readonly clock: Clock;
  /** Ends the watch. */
  readonly signal: Signal;
}

/**
 * Waits until a container has ended. An engine that goes away meanwhile is no end: containers live on without podman's
 * service, so it is looked for again every 0.5 to 5 s. Rejects only when the signal aborts.
 */
export async function watchExit(watch: ExitWatch): Promise<WorkloadExit> {
  const backoff = new Backoff({ firstMs: 500, maxMs: 5_000 });
  for (;;) {
    try {
      return await askForExit(watch);
    } catch (error) {
      if (watch.signal.aborted) throw GatewayError.from(watch.signal.reason);
      if (isFault(error, "no_container")) return REMOVED;
      await sleep(watch.clock, backoff.next(), watch.signal);
    }
  }
}

async function askForExit({ id, memoryBytes, engines, signal }: ExitWatch): Promise<WorkloadExit> {
  const { api } = await engines.engine(signal);
  await api.wait(id, signal);
  const ended = await api.inspect(id, signal);
  return ended ? describeExit(ended.State.ExitCode, ended.State.OOMKilled, memoryBytes) : REMOVED;
}
