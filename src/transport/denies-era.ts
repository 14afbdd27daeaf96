import type { GatewayError } from "../model/errors.ts";
import type { Era } from "../model/ports.ts";

const UNSUPPORTED_VERSION = -32_022;

/**
 * Whether a refusal says that this conversation began in an era the backend does not speak: it was replaced by another version
 * of itself. Modern backends have a code for it; legacy ones miss the handshake or its session, each in words of its own.
 */
export function deniesEra({ rpc, httpStatus }: GatewayError, era: Era): boolean {
  if (rpc === undefined) return false;
  if (era === "legacy") return rpc.code === UNSUPPORTED_VERSION;
  return httpStatus === 400 && /\b(session|initiali[sz]ed?)\b/i.test(rpc.message);
}
