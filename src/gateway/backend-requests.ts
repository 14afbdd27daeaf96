import type { BackendRunner } from "../lifecycle/backend-runner.ts";
import { newNotes } from "../model/call.ts";
import { GatewayError } from "../model/errors.ts";
import { type JsonObject, roughBytes } from "../model/json.ts";
import type { Connection } from "../model/ports.ts";
import type { Signal } from "../model/signal.ts";
import { formatMs } from "../model/units.ts";
import type { Stay } from "../resilience/bulkhead.ts";
import { callBudget } from "../resilience/deadline.ts";
import { outcomeOf } from "../resilience/outcome.ts";
import type { Clock } from "../time/clock.ts";
import { linkDeadline } from "../time/linked-signal.ts";
import type { Caller } from "./caller.ts";
import { type Attempted, attemptFacts, factsOf, NO_FACTS } from "./filters/attempt-facts.ts";
import { hearing, patient } from "./filters/hearing.ts";
import { circuitOpen, type Guard, type Guards, settleAttempt } from "./guards.ts";
import { mirroredCapabilities } from "./mirrored-capabilities.ts";
import type { Router } from "./router.ts";

/** Asks one backend something other than a tool call; the answer is passed on as it came. */
export type BackendRequests = (backend: string, method: string, params: JsonObject, caller: Caller) => Promise<JsonObject>;

export interface BackendRequestsDeps {
  readonly router: Router;
  readonly guards: Guards;
  readonly clock: Clock;
}

/** A request on its way; its notes say when it was sent and the backend was last heard. */
interface Asked extends Attempted {
  readonly backend: string;
  readonly method: string;
  readonly params: JsonObject;
  readonly caller: Caller;
  readonly signal: Signal;
  /** Monotonic moment (Clock.now) at which it must have ended. */
  readonly deadline: number;
  /** How long the backend may take, in ms. */
  readonly sendMs: number;
}

/** Requests within the backend's own deadline, start and queue included, and within the guards its tool calls have. */
export const createBackendRequests =
  (deps: BackendRequestsDeps): BackendRequests =>
  async (backend, method, params, caller) => {
    const { router, guards, clock } = deps;
    const runner = router.usable(backend);
    const { timeoutMs } = caller;
    const { totalMs, sendMs } = callBudget(runner.spec.callTimeoutMs, undefined, timeoutMs);
    const now = clock.now();
    const deadline = (caller.since ?? now) + totalMs;
    const notes = newNotes();
    const expired = () =>
      new GatewayError("deadline_exceeded", `"${backend}" did not answer ${method} within ${formatMs(totalMs)}`, {
        backend,
        outcome: notes.sentAt === undefined ? "not_executed" : "unknown",
      });
    using linked = linkDeadline(clock, deadline - now, caller.signal, expired, now);
    const asked = { backend, method, params, caller, signal: linked.signal, deadline, sendMs, notes, timeoutMs };
    const stay = await place(guards.of(runner), asked);
    try {
      return await guarded(deps, asked);
    } finally {
      stay.leave();
    }
  };

/** A place at work; rejects where there is not even room to wait. */
const place = ({ bulkhead }: Guard, { params, signal }: Asked): Promise<Stay> =>
  new Promise((resolve, reject) => {
    bulkhead.enter({ signal, bytes: roughBytes(params) }, (stay) =>
      stay instanceof GatewayError ? reject(stay) : resolve(stay),
    );
  });

/** Asks once the backend wants to be asked. */
async function guarded(deps: BackendRequestsDeps, asked: Asked): Promise<JsonObject> {
  const { backend, signal } = asked;
  const runner = deps.router.usable(backend); // a reload may have come while it waited for its place
  const guard = deps.guards.of(runner);
  const trial = await guard.pushback.pass(asked);
  try {
    const answer = await throughCircuit(deps, runner, guard, asked);
    guard.pushback.settle("answer", trial);
    return answer;
  } catch (reason) {
    const error = GatewayError.from(reason, signal);
    guard.pushback.settle(error, trial);
    throw error;
  }
}

/** Asks unless the circuit is open, and tells it what came of it. */
async function throughCircuit(deps: BackendRequestsDeps, runner: BackendRunner, guard: Guard, asked: Asked): Promise<JsonObject> {
  const { backend, signal, sendMs } = asked;
  const permit = guard.breaker.admit() ?? (await guard.breaker.awaitVerdict(signal));
  if (!permit) throw circuitOpen(backend, guard);
  try {
    const answer = await ask(deps, runner, asked);
    settleAttempt(guard, permit, "answer", NO_FACTS);
    return answer;
  } catch (reason) {
    const error = GatewayError.from(reason, signal);
    settleAttempt(guard, permit, error, factsOf(deps, runner, asked, sendMs));
    throw error;
  }
}

async function ask({ clock }: BackendRequestsDeps, runner: BackendRunner, asked: Asked): Promise<JsonObject> {
  const { backend, method, params, caller, signal, sendMs, notes } = asked;
  return await runner.use(
    signal,
    async ({ connection }) => {
      assertOffered(backend, method, connection.peer.capabilities);
      notes.sentAt = clock.now();
      const { onProgress, askHost, log } = caller;
      const options = {
        signal,
        onProgress: onProgress && hearing(notes, clock, onProgress),
        askHost: askHost && patient(notes, clock, askHost),
        log,
      };
      return await connection.request(method, { ...params, ...metaOf(caller, connection) }, options);
    },
    { judge: (error) => outcomeOf(error, attemptFacts(asked, clock, sendMs)) },
  );
}

function metaOf({ meta, hostCapabilities }: Caller, connection: Connection): JsonObject {
  const _meta = { ...meta, ...mirroredCapabilities(hostCapabilities, connection) };
  return Object.keys(_meta).length > 0 ? { _meta } : {};
}

/** A backend without resources or prompts would answer "method not found"; say what that means. */
function assertOffered(backend: string, method: string, capabilities: JsonObject): void {
  const family = method === "completion/complete" ? "completions" : (method.split("/")[0] ?? method);
  if (capabilities[family] !== undefined) return;
  throw new GatewayError("not_found", `Server "${backend}" offers no ${family}`, {
    backend,
    hint: `It offers ${Object.keys(capabilities).join(", ") || "nothing"}; call discover with this server for its tools`,
  });
}
