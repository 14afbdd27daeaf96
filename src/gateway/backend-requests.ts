import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { Connection } from "../model/ports.ts";
import { formatMs } from "../model/units.ts";
import { callBudget } from "../resilience/deadline.ts";
import type { Clock } from "../time/clock.ts";
import { linkDeadline } from "../time/linked-signal.ts";
import type { Caller } from "./caller.ts";
import { mirroredCapabilities } from "./mirrored-capabilities.ts";
import type { Router } from "./router.ts";

/** Asks one backend something other than a tool call; the answer is passed on as it came. */
export type BackendRequests = (backend: string, method: string, params: JsonObject, caller: Caller) => Promise<JsonObject>;

/** Requests within the backend's own deadline, start included. */
export const createBackendRequests =
  (router: Router, clock: Clock): BackendRequests =>
  async (backend, method, params, caller) => {
    const runner = router.usable(backend);
    const { totalMs } = callBudget(runner.spec.callTimeoutMs, undefined, caller.timeoutMs);
    const waitedMs = caller.since === undefined ? 0 : clock.now() - caller.since;
    const expired = () =>
      new GatewayError("deadline_exceeded", `"${backend}" did not answer ${method} within ${formatMs(totalMs)}`, { backend });
    using deadline = linkDeadline(clock, totalMs - waitedMs, caller.signal, expired);
    const { signal } = deadline;
    return await runner.use(signal, async ({ connection }) => {
      assertOffered(backend, method, connection.peer.capabilities);
      const { onProgress, askHost, log } = caller;
      const options = { signal, onProgress, askHost, log };
      return await connection.request(method, { ...params, ...metaOf(caller, connection) }, options);
    });
  };

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
