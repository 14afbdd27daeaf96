import { type MetaTool, startable } from "../define-meta-tool.ts";
import { CALL_PROPERTIES, readInvoke, withTimeout } from "./invoke-request.ts";

export const invokeReadonly: MetaTool = {
  name: "invoke_readonly",
  description: "As invoke, for tools known to be read-only; safe to approve for good",
  properties: CALL_PROPERTIES,
  required: ["tool"],
  hints: { readOnlyHint: true, openWorldHint: true },
  ...startable((args, gateway, caller, done) =>
    gateway.relay(readInvoke(args, caller), withTimeout(args, caller), { readOnly: true }, done),
  ),
};
