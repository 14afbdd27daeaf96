import { cacheKey } from "../../cache/cache-key.ts";
import { cacheTtlOf, isKeepable, isPlainCall } from "../../cache/cacheability.ts";
import type { CachedAnswer, ResultCache } from "../../cache/result-cache.ts";
import type { BackendSpec } from "../../model/backend-spec.ts";
import type { CallContext, CallDone, CallFilter, CallHandler, ToolAnswer, ToolCall, ToolResult } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import { isJsonObject } from "../../model/json.ts";
import { readRaw } from "../../model/raw-result.ts";
import type { ToolDescriptor } from "../../model/tool.ts";
import { formatMs } from "../../model/units.ts";
import { SingleFlight } from "../../resilience/single-flight.ts";
import { isTrustedReadOnly } from "../../security/policy.ts";
import type { Clock } from "../../time/clock.ts";
import { asPromise, endWith, tryRead } from "../call-endings.ts";
import type { Router } from "../router.ts";

/** The key under which a result says that it is past its lifetime. */
const STALE = "io.sallyport/cache";

export interface CacheFilterDeps {
  readonly results: ResultCache;
  readonly router: Router;
  readonly clock: Clock;
}

/** Where the answer to a call is kept, and for how long; and what of it the registry and the backend said then. */
interface Place {
  readonly key: string;
  readonly ttlMs: number;
  readonly spec: BackendSpec;
  readonly descriptor: ToolDescriptor;
}

/**
 * Answers calls of tools the registry trusts as read-only from what was answered before, and sends equal ones that come at the
 * same time once. Every other call passes, and makes what its server said before count no more.
 */
export const cache = (deps: CacheFilterDeps): CallFilter => {
  const flights = new SingleFlight<ToolAnswer>();
  return (next) => (call, ctx, done) => {
    if (!isReadOnly(deps.router, call)) {
      write(deps, call, ctx, next, done);
      return;
    }
    const place = tryRead(() => placeOf(deps.router, call, ctx));
    if (place instanceof GatewayError) {
      done(place);
      return;
    }
    if (!place) {
      next(call, ctx, done);
      return;
    }
    const known = ctx.fresh ? undefined : deps.results.find(place.key);
    if (known) {
      done(hit(deps, call, ctx, known));
      return;
    }
    const read = { deps, flights, next, place };
    endWith(ctx.fresh ? fetch(read, call, ctx) : share(read, call, ctx), ctx.signal, done);
  };
};

interface Read {
  readonly deps: CacheFilterDeps;
  readonly flights: SingleFlight<ToolAnswer>;
  readonly next: CallHandler;
  readonly place: Place;
}

function isReadOnly(router: Router, { ref }: ToolCall): boolean {
  const descriptor = router.descriptor(ref);
  const spec = router.find(ref.backend)?.spec;
  return spec !== undefined && descriptor !== undefined && isTrustedReadOnly(spec, descriptor);
}

/** Undefined if the call is not to be cached. */
function placeOf(router: Router, call: ToolCall, { hostCapabilities }: CallContext): Place | undefined {
  const runner = router.find(call.ref.backend);
  const descriptor = router.descriptor(call.ref);
  if (!runner || !descriptor || !isPlainCall(call) || !isTrustedReadOnly(runner.spec, descriptor)) return undefined;
  const ttlMs = Math.min(cacheTtlOf(runner.spec, descriptor), router.vouchedMs(call.ref.backend));
  if (ttlMs === 0) return undefined;
  const { ref, args } = call;
  const { spec } = runner;
  const key = cacheKey({ ref, specDigest: spec.digest, toolDigest: descriptor.digest, args: readRaw(args), hostCapabilities });
  return { ttlMs, key, spec, descriptor };
}

/** Whether the answer to a call still belongs there: its tool may have become another meanwhile, and mostly is the very same. */
function isStillPlace({ key, spec, descriptor }: Place, router: Router, call: ToolCall, ctx: CallContext): boolean {
  const { backend } = call.ref;
  const isSame =
    router.find(backend)?.spec === spec && router.descriptor(call.ref) === descriptor && router.vouchedMs(backend) > 0;
  return isSame || placeOf(router, call, ctx)?.key === key;
}

/** Nothing that was read before the write began or while it ran is served after it. */
function write({ results, router }: CacheFilterDeps, call: ToolCall, ctx: CallContext, next: CallHandler, done: CallDone): void {
  const { backend } = call.ref;
  const lateMs = router.find(backend)?.spec.callTimeoutMs ?? 0;
  const end = results.beginWrite(backend);
  next(call, ctx, (ending) => {
    const mayComeLater = ending instanceof GatewayError && ending.outcome === "unknown";
    end({ unsureForMs: mayComeLater ? lateMs : 0 });
    done(ending);
  });
}

function hit({ results }: CacheFilterDeps, { ref }: ToolCall, { notes }: CallContext, answer: CachedAnswer): ToolAnswer {
  notes.cache = "hit";
  results.count(ref.backend, "hit", answer.tookMs);
  return answer.result;
}

/** Boards the flight of an equal call, or starts it; what is asked after a change never boards one from before. */
async function share(read: Read, call: ToolCall, ctx: CallContext): Promise<ToolAnswer> {
  const { deps, flights, place } = read;
  const { backend } = call.ref;
  const isLeader = () => ctx.notes.cache === "miss";
  ctx.notes.cache = "shared";
  try {
    const result = await flights.share(`${deps.results.version(backend)} ${place.key}`, ctx.signal, async (signal) => {
      return await fetch(read, call, { ...ctx, signal, onProgress: untilLeft(ctx) });
    });
    if (!isLeader()) deps.results.count(backend, "shared");
    return result;
  } catch (reason) {
    const error = GatewayError.from(reason, ctx.signal);
    const old = error.code === "circuit_open" ? deps.results.findStale(place.key) : undefined;
    if (!old) throw error;
    ctx.notes.cache = "stale";
    deps.results.count(backend, "stale", old.tookMs);
    return marked(old, backend);
  }
}

/** Asks the backend, and keeps the answer if its tool is still what it was when it was asked. */
async function fetch(
  { deps: { results, router, clock }, next, place }: Read,
  call: ToolCall,
  ctx: CallContext,
): Promise<ToolAnswer> {
  const { backend } = call.ref;
  const began = clock.now();
  const version = results.version(backend);
  ctx.notes.cache = "miss";
  results.count(backend, "miss");
  const result = await asPromise(next, call, ctx);
  if (isStillPlace(place, router, call, ctx)) {
    const { key, ttlMs } = place;
    if (isKeepable(result) && ctx.notes.asked === undefined)
      results.keep({ key, ttlMs, backend, version, result, tookMs: clock.now() - began });
  } else if (router.find(backend)) results.invalidate(backend); // it may have been a write all along
  return result;
}

/** A caller that has left is told no more of the flight it began. */
const untilLeft = ({ onProgress, signal }: CallContext): CallContext["onProgress"] =>
  onProgress &&
  ((update) => {
    if (!signal.aborted) onProgress(update);
  });

/** An answer past its lifetime says so, to the model and to the host. */
function marked({ result: kept, ageMs }: CachedAnswer, backend: string): ToolResult {
  const result = readRaw(kept);
  const { content, _meta } = result;
  const text = `Kept from ${formatMs(ageMs)} ago, since "${backend}" has stopped answering: it may be out of date`;
  return {
    ...result,
    content: [...(Array.isArray(content) ? (content as readonly unknown[]) : []), { type: "text", text }],
    _meta: { ...(isJsonObject(_meta) ? _meta : {}), [STALE]: { stale: true, ageMs: Math.round(ageMs) } },
  };
}
