import type { BackendSpec } from "../model/backend-spec.ts";
import { GatewayError } from "../model/errors.ts";
import { type Dialer, dial, doubtsEra } from "./dial.ts";
import type { EraMemory } from "./era-memory.ts";
import type { Dialled } from "./sdk-connection.ts";

/**
 * Opens a conversation in the era the entry demands, else in the one that is remembered, else in the one the backend is found
 * to speak. A verdict is remembered when the whole handshake has succeeded; one that fails is forgotten and the backend asked
 * once more.
 */
export async function dialInItsEra(dialer: Dialer, spec: BackendSpec, memory: EraMemory): Promise<Dialled> {
  if (spec.protocolEra !== "auto") return dial(dialer, spec.protocolEra === "modern" ? "pinned" : "legacy");
  const known = await memory.recall(spec);
  if (known) {
    try {
      return await dial(dialer, known);
    } catch (error) {
      if (!(error instanceof GatewayError && doubtsEra(error))) throw error;
      await memory.forget(spec);
      if (!dialer.canDialAgain) throw error;
    }
  }
  const dialled = await findEra(dialer, spec, memory);
  await memory.learn(spec, dialled.era);
  return dialled;
}

async function findEra(dialer: Dialer, spec: BackendSpec, memory: EraMemory): Promise<Dialled> {
  try {
    return await dial(dialer, "probe");
  } catch (error) {
    if (dialer.signal.aborted || !(error instanceof GatewayError)) throw error;
    if (!dialer.canDialAgain) throw await withoutProbeNextTime(error, spec, memory);
    if (!ignoredProbe(error)) throw error;
    return dial(dialer, "legacy");
  }
}

/** Some legacy backends hang on `server/discover`, or fail with a server error of their own making. */
const ignoredProbe = ({ code, httpStatus }: GatewayError): boolean =>
  code === "deadline_exceeded" || httpStatus === 500 || httpStatus === 501;

/** Some legacy children end when their first message is not the handshake they expect; their next start begins with it. */
async function withoutProbeNextTime(error: GatewayError, spec: BackendSpec, memory: EraMemory): Promise<GatewayError> {
  if (error.code !== "unavailable") return error;
  await memory.learn(spec, "legacy");
  return new GatewayError("unavailable", `Cannot connect to "${spec.id}": it ended during the handshake`, {
    backend: spec.id,
    outcome: "not_executed",
    hint: "Try again: the next start speaks the legacy protocol to it at once",
    cause: error,
  });
}
