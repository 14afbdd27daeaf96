import { GatewayError } from "../model/errors.ts";
import { neutralise } from "../model/neutralise-text.ts";
import type { Connection, ConnectRequest, Transport, Workload } from "../model/ports.ts";
import type { Signal } from "../model/signal.ts";
import { Backoff } from "../time/backoff.ts";
import { type Clock, sleep } from "../time/clock.ts";
import { linkSignal } from "../time/linked-signal.ts";

/** A half-started framework answers 404 or nonsense for a moment; a wrong path does so for ever. */
const ODD_ANSWERS_FOR_MS = 5_000;
const LOG_LINES_IN_ERROR = 20;
const EXIT_MS = 250;

/**
 * Connects to a workload as soon as it answers MCP, trying again (25 ms doubling to 500 ms) while it warms up.
 * Throws `start_failed` with the last log lines when the workload exits first, and the signal's reason when aborted.
 */
export async function connectWhenReady(
  workload: Workload,
  transport: Transport,
  request: ConnectRequest,
  clock: Clock,
): Promise<Connection> {
  using attempt = linkSignal(request.signal);
  let exit: GatewayError | undefined;
  void workload.exited.then(({ reason }) => {
    exit = new GatewayError(
      "start_failed",
      `Cannot start "${request.spec.id}": it ${reason} before it answered${logLines(workload)}`,
      {
        hint: "Run the command by hand to see why it ends, then call manage with action reset",
      },
    );
    attempt.abort(exit);
  });
  try {
    return await retryWhileWarmingUp(
      () => transport.connect({ ...request, signal: attempt.signal }),
      workload,
      attempt.signal,
      clock,
    );
  } catch (error) {
    const failure = GatewayError.from(error, request.signal);
    if (request.endpoint.kind === "stdio" && failure.code === "unavailable") await exitSoon(attempt.signal, clock);
    throw exit ?? failure;
  }
}

/** A child often closes its pipes a moment before it exits; its exit, which ends the attempt, says more than the closed pipe does. */
const exitSoon = (attempt: Signal, clock: Clock): Promise<void> => sleep(clock, EXIT_MS, attempt).catch(() => undefined);

async function retryWhileWarmingUp(
  connect: () => Promise<Connection>,
  workload: Workload,
  signal: Signal,
  clock: Clock,
): Promise<Connection> {
  const backoff = new Backoff({ firstMs: 25, maxMs: 500 });
  const began = clock.now();
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if (signal.aborted || !workload.warmsUp || !mayStillCome(error, clock.now() - began)) throw error;
      await sleep(clock, backoff.next(), signal);
    }
  }
}

function mayStillCome(error: unknown, elapsedMs: number): boolean {
  if (!(error instanceof GatewayError)) return false;
  if (error.code === "unavailable") return true;
  return (error.httpStatus === 404 || error.code === "upstream_protocol") && elapsedMs < ODD_ANSWERS_FOR_MS;
}

/** The workload's last words, made harmless, ready to be appended to an error message; empty if it said nothing. */
export function logLines(workload: Workload): string {
  const lines = workload
    .logTail()
    .slice(-LOG_LINES_IN_ERROR)
    .map((line) => neutralise(line, { multiline: false }));
  return lines.length === 0 ? "" : `; its last log lines:\n${lines.join("\n")}`;
}
