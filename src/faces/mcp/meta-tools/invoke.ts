import type { MetaTool } from "../define-meta-tool.ts";
import { CALL_PROPERTIES, readInvoke, withTimeout } from "./invoke-request.ts";

export const invoke: MetaTool = {
  name: "invoke",
  description: "Call a tool. Its server is started if need be; the result is passed on as it is",
  properties: CALL_PROPERTIES,
  required: ["tool"],
  hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  run: async (args, gateway, caller) => await gateway.invoke(readInvoke(args, caller), withTimeout(args, caller)),
};
