import type { ProgressUpdate } from "../model/call.ts";
import type { AskHost, HostLog } from "../model/host.ts";
import type { JsonObject } from "../model/json.ts";
import type { Signal } from "../model/signal.ts";

/** Who asks, and what their host can do. */
export interface Caller {
  readonly signal: Signal;
  readonly onProgress?: ((update: ProgressUpdate) => void) | undefined;
  readonly hostCapabilities?: JsonObject | undefined;
  /** Trace context and other `_meta` keys that travel on. */
  readonly meta?: JsonObject | undefined;
  readonly timeoutMs?: number | undefined;
  /** Monotonic moment (Clock.now) at which the call came; default now. */
  readonly since?: number | undefined;
  /** Puts a question of a backend to the host. */
  readonly askHost?: AskHost | undefined;
  /** Present if the host asked for what backends log. */
  readonly log?: HostLog | undefined;
}
