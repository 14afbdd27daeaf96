import { type AskHost, refusalOf } from "../../model/host.ts";
import type { JsonObject } from "../../model/json.ts";
import { INTERNAL_ERROR } from "../../wire/json-rpc.ts";

/** Asks only what the host said it can answer; all else is refused at once. */
export const askWithin =
  (capabilities: JsonObject, ask: AskHost): AskHost =>
  async (question, signal) => {
    const error = refusalOf(question, capabilities);
    return error ? { error } : await ask(question, signal);
  };

/** Where there is nobody to ask. */
export const askNobody: AskHost = async () => ({ error: { code: INTERNAL_ERROR, message: "There is no host to ask" } });
