import { ProtocolError, type Server, type StandardSchemaV1 } from "@modelcontextprotocol/server";
import type { RpcErrorObject } from "../../model/errors.ts";
import type { AskHost } from "../../model/host.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import type { Signal } from "../../model/signal.ts";
import { linkSignal } from "../../time/linked-signal.ts";
import { INTERNAL_ERROR } from "../../wire/json-rpc.ts";

/** Lets every result through as it came. */
const AS_IT_CAME: StandardSchemaV1<unknown, JsonObject> = {
  "~standard": {
    version: 1,
    vendor: "sallyport",
    validate: (value) => (isJsonObject(value) ? { value } : { issues: [{ message: "Result is not an object" }] }),
  },
};
/** The longest timeout the SDK's timers take: the call that asks has a deadline of its own. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/** Asks a host of the legacy era by a request of our own, until it has left. */
export const askByRequest =
  (server: Server, left: Signal): AskHost =>
  async ({ method, params }, taken) => {
    using question = linkSignal(taken);
    const leave = (): void => question.abort(left.reason);
    left.addEventListener("abort", leave, { once: true });
    try {
      if (left.aborted) leave();
      const options = { signal: question.native, timeout: NO_TIMEOUT_MS };
      return { result: await server.request({ method, params: { ...params } }, AS_IT_CAME, options) };
    } catch (reason) {
      return { error: errorOf(reason) };
    } finally {
      left.removeEventListener("abort", leave);
    }
  };

function errorOf(reason: unknown): RpcErrorObject {
  if (!(reason instanceof ProtocolError)) return { code: INTERNAL_ERROR, message: "The host gave no answer" };
  const { code, message, data } = reason;
  return { code, message, ...(data !== undefined && { data }) };
}
