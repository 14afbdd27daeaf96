import { type MetaTool, STRING, startable } from "../define-meta-tool.ts";
import { CALL_PROPERTIES, readInvoke, withTimeout } from "./invoke-request.ts";

export const invoke: MetaTool = {
  name: "invoke",
  description: 'Call a tool, "server/tool"; its server starts if need be. fresh: not from the cache',
  properties: { ...CALL_PROPERTIES, idempotencyKey: STRING },
  required: ["tool"],
  hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  ...startable((args, gateway, caller, done) =>
    gateway.relay(readInvoke(args, caller), withTimeout(args, caller), { readOnly: false }, done),
  ),
};
