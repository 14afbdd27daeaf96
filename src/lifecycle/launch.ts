import type { BackendSpec } from "../model/backend-spec.ts";
import type { Running } from "../model/backend-state.ts";
import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { RuntimeDriver, StartStage, Transport, Workload } from "../model/ports.ts";
import type { Signal } from "../model/signal.ts";
import type { Clock } from "../time/clock.ts";
import { linkDeadline } from "../time/linked-signal.ts";
import { connectWhenReady, logLines } from "./readiness.ts";
import { contextOf, startTimedOut } from "./start-errors.ts";

export interface LaunchDeps {
  readonly spec: BackendSpec;
  readonly replica: number;
  readonly driver: RuntimeDriver;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Holds a place among the starts allowed at the same time; disposing gives it back. */
  readonly startSlot: (signal: Signal) => Promise<Disposable>;
}

export interface LaunchListeners {
  readonly report: (stage: StartStage, detail?: string) => void;
  readonly onNotification: (method: string, params: JsonObject) => void;
}

/** Launches of one start, if each finds the port that was chosen for it taken. */
const MAX_LAUNCHES = 3;

/** Launches the workload and connects to it within `startTimeoutMs`; throws with the reason and leaves nothing behind. */
export async function launch(deps: LaunchDeps, stopSignal: Signal, listeners: LaunchListeners): Promise<Running> {
  const { spec, replica, driver, clock } = deps;
  using deadline = linkDeadline(clock, spec.startTimeoutMs, stopSignal, () => startTimedOut(spec));
  const { signal } = deadline;
  using _slot = await deps.startSlot(signal);
  for (let launches = 1; ; launches += 1) {
    const workload = await driver.launch({ spec, replica, signal, report: listeners.report });
    try {
      return await connect(deps, workload, signal, listeners);
    } catch (error) {
      const reason = withLog(GatewayError.from(error, signal), workload);
      await closeQuietly(workload); // the first error is the one that counts
      if (signal.aborted || launches === MAX_LAUNCHES || !workload.lostItsPort?.()) throw reason;
    }
  }
}

async function connect(
  { spec, transport, clock }: LaunchDeps,
  workload: Workload,
  signal: Signal,
  { report, onNotification }: LaunchListeners,
): Promise<Running> {
  const connection = await connectWhenReady(
    workload,
    transport,
    { spec, endpoint: workload.endpoint, signal, onNotification },
    clock,
  );
  report("ready");
  return { workload, connection };
}

/** A start that took too long ends with what the workload said meanwhile. */
function withLog(reason: GatewayError, workload: Workload): GatewayError {
  const tail = reason.code === "deadline_exceeded" ? logLines(workload) : "";
  if (tail === "") return reason;
  return new GatewayError("start_failed", `${reason.message}${tail}`, { ...contextOf(reason), cause: reason });
}

/** Closes the conversation, then what it was held with; never throws. */
export async function close({ connection, workload }: Running): Promise<void> {
  await closeQuietly(connection);
  await closeQuietly(workload);
}

/** What cannot be closed is gone already or beyond us. */
async function closeQuietly(resource: AsyncDisposable): Promise<void> {
  try {
    await resource[Symbol.asyncDispose]();
  } catch {}
}
