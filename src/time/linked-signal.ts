import { GatewayError } from "../model/errors.ts";
import type { Clock } from "./clock.ts";

/** An AbortSignal with an owner: disposing it drops its timer and its listener on the parent. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
}

/**
 * A signal that aborts with its parent, or by itself. Not `AbortSignal.any`: that retains about 1.2 kB a call on a
 * long-lived parent (nodejs/node#54614).
 */
export function linkSignal(parent: AbortSignal | undefined): LinkedSignal {
  const controller = new AbortController();
  const follow = () => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose]: () => parent?.removeEventListener("abort", follow),
  };
}

/** A linked signal that also aborts after `ms`, with the error `expired` makes. */
export function linkDeadline(
  clock: Clock,
  ms: number,
  parent: AbortSignal | undefined,
  expired: () => GatewayError,
): LinkedSignal {
  const linked = linkSignal(parent);
  const timer = clock.after(ms, () => linked.abort(expired()));
  return {
    signal: linked.signal,
    abort: linked.abort,
    [Symbol.dispose]: () => {
      timer[Symbol.dispose]();
      linked[Symbol.dispose]();
    },
  };
}

/** Waits for `work` only as long as the signal lasts; the work itself goes on, its late failure is nobody's. */
export function abandonOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(GatewayError.from(signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
