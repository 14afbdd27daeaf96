import type { BackendRunner, Held } from "../../lifecycle/backend-runner.ts";
import type { CallContext, CallDone, CallHandler, ToolAnswer, ToolCall } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { Connection, RequestOptions } from "../../model/ports.ts";
import { readRaw } from "../../model/raw-result.ts";
import type { Signal } from "../../model/signal.ts";
import type { ToolDescriptor } from "../../model/tool.ts";
import { formatMs } from "../../model/units.ts";
import { outcomeOf } from "../../resilience/outcome.ts";
import type { Clock } from "../../time/clock.ts";
import { linkDeadline } from "../../time/linked-signal.ts";
import { notExecuted } from "../../transport/not-executed.ts";
import { asPromise, endWith } from "../call-endings.ts";
import type { RefreshCatalog } from "../refresh-catalog.ts";
import { reportStages } from "../report-stages.ts";
import type { Router } from "../router.ts";
import { attemptFacts } from "./attempt-facts.ts";
import { CallParams } from "./call-params.ts";
import { hearing, patient } from "./hearing.ts";

export interface SendDeps {
  readonly router: Router;
  readonly clock: Clock;
  readonly catalog: RefreshCatalog;
  /** How long the backend itself may take for this tool, in ms. */
  readonly sendMs: (call: ToolCall) => number;
}

/** What the steps of sending share. */
interface SendParts extends SendDeps {
  readonly params: CallParams;
}

/** Innermost: starts the backend if need be and asks it. The only step that touches a backend. */
export const send = (given: SendDeps): CallHandler => {
  const deps: SendParts = { ...given, params: new CallParams() };
  const attempt: CallHandler = (call, ctx, done) => {
    const runner = deps.router.usableOrRefusal(call.ref.backend);
    if (runner instanceof GatewayError) {
      done(runner);
      return;
    }
    const fail = (error: GatewayError): void => {
      const replaced = deps.router.find(call.ref.backend) !== runner;
      if (!replaced || ctx.signal.aborted || error.outcome !== "not_executed") done(error);
      else attempt(call, ctx, done); // a reload came between
    };
    const held = ctx.signal.aborted ? undefined : runner.hold?.();
    ctx.notes.coldStart = !held && runner.state.name !== "running";
    if (held) sendNow(deps, held, call, ctx, done, fail);
    else startAndSend(deps, runner, call, ctx).then(done, (reason: unknown) => fail(GatewayError.from(reason, ctx.signal)));
  };
  return attempt;
};

/** Asks a backend that runs, and lets go of it once it has answered. */
function sendNow(
  deps: SendParts,
  held: Held,
  call: ToolCall,
  ctx: CallContext,
  done: CallDone,
  fail: (error: GatewayError) => void,
): void {
  const { connection } = held.running;
  const end: CallDone = (ending) => {
    if (ending instanceof GatewayError) leaveWith(held, ending, ctx.signal, fail);
    else {
      held.release();
      done(ending);
    }
  };
  const known = currentTool(deps, call, connection);
  if (known) ask(deps, call, ctx, connection, known, end);
  else endWith(askNewTool(deps, call, ctx, connection), ctx.signal, end);
}

/** Finds out what a failure comes from before the backend is let go. */
function leaveWith(held: Held, failure: GatewayError, signal: Signal, fail: (error: GatewayError) => void): void {
  const leave = (error: GatewayError): void => {
    held.release();
    fail(GatewayError.from(error, signal));
  };
  const explained = held.explain(failure);
  if (explained !== undefined) explained.then(leave, () => leave(failure));
  else leave(failure);
}

/** The same for one that does not run yet, or of which there are several. */
async function startAndSend(deps: SendParts, runner: BackendRunner, call: ToolCall, ctx: CallContext): Promise<ToolAnswer> {
  const came = ctx.notes.coldStart ? deps.clock.now() : undefined;
  return await runner.use(
    ctx.signal,
    ({ connection }) => {
      if (came !== undefined) ctx.notes.startMs = deps.clock.now() - came;
      const known = currentTool(deps, call, connection);
      return known ? askPromised(deps, call, ctx, connection, known) : askNewTool(deps, call, ctx, connection);
    },
    {
      onStage: reportStages(ctx.onProgress, deps.clock),
      judge: (error) => outcomeOf(error, attemptFacts(ctx, deps.clock, deps.sendMs(call))),
    },
  );
}

function currentTool({ router, catalog }: SendDeps, { ref }: ToolCall, connection: Connection): ToolDescriptor | undefined {
  const known = router.descriptor(ref);
  return known && catalog.isCurrent(ref.backend, connection) ? known : undefined;
}

/** Asks the backend for its tools again before it says that there is no such tool. */
async function askNewTool(deps: SendParts, call: ToolCall, ctx: CallContext, connection: Connection): Promise<ToolAnswer> {
  const { signal } = ctx;
  await deps.catalog.refresh(call.ref.backend, connection, signal).catch((reason: unknown) => {
    throw notExecuted(GatewayError.from(reason, signal)); // only the tools were asked for
  });
  const descriptor = deps.router.descriptor(call.ref);
  if (!descriptor) throw deps.router.noSuchTool(call.ref);
  return await askPromised(deps, call, ctx, connection, descriptor);
}

/** A legacy backend knows no rounds: to it the continuation of a call that is gone would be the call itself, once more. */
function refusalToContinue({ ref, round }: ToolCall, { era }: Connection): GatewayError | undefined {
  if (era === "modern" || (round?.requestState === undefined && round?.inputResponses === undefined)) return undefined;
  return new GatewayError("not_found", `Cannot go on with this call of "${ref.tool}": it is not waiting for answers any more`, {
    backend: ref.backend,
    hint: "Call again without inputResponses and requestState",
  });
}

const askPromised = (
  deps: SendParts,
  call: ToolCall,
  ctx: CallContext,
  connection: Connection,
  descriptor: ToolDescriptor,
): Promise<ToolAnswer> => asPromise((asked, context, done) => ask(deps, asked, context, connection, descriptor, done), call, ctx);

function ask(
  deps: SendParts,
  call: ToolCall,
  ctx: CallContext,
  connection: Connection,
  descriptor: ToolDescriptor,
  done: CallDone,
): void {
  const refusal = refusalToContinue(call, connection);
  if (refusal) {
    done(refusal);
    return;
  }
  const { clock } = deps;
  const { notes } = ctx;
  const ms = deps.sendMs(call);
  const sentAt = clock.now();
  const deadline = linkDeadline(clock, ms, ctx.signal, () => expired(call, ms), sentAt);
  notes.attempts = (notes.attempts ?? 0) + 1;
  notes.sentAt = sentAt;
  notes.heardAt = sentAt;
  const options: RequestOptions = {
    signal: deadline,
    onProgress: ctx.onProgress && hearing(notes, clock, ctx.onProgress),
    askHost: ctx.askHost && patient(notes, clock, ctx.askHost),
    log: ctx.log,
    definition: descriptor.definition,
  };
  const waitMs = Math.max(0, Math.floor(Math.min(ms, ctx.deadline - sentAt)));
  const callTool = ctx.takesRaw ? connection.callTool : undefined;
  const params = deps.params.of(call, callTool ? call.args : readRaw(call.args), ctx, connection, waitMs);
  const end: CallDone = (ending) => {
    deadline[Symbol.dispose]();
    notes.backendMs = (notes.backendMs ?? 0) + clock.now() - sentAt;
    done(ending);
  };
  if (callTool) callTool.call(connection, params, options, end);
  else endWith(connection.request("tools/call", params, options), ctx.signal, end);
}

const expired = ({ ref }: ToolCall, ms: number): GatewayError =>
  new GatewayError("deadline_exceeded", `"${ref.backend}" did not answer "${ref.tool}" within ${formatMs(ms)}`, {
    backend: ref.backend,
    hint: "The call may have run: verify its effect before you repeat it, or raise callTimeoutMs in the registry",
  });
