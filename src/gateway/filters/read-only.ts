import type { CallFilter } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import { formatToolRef } from "../../model/tool.ts";
import { isTrustedReadOnly } from "../../security/policy.ts";
import type { LearnTools } from "../learn-tools.ts";
import type { Router } from "../router.ts";

/** Lets only tools pass that the registry knows to be read-only; learns the definition first where nobody has seen it. */
export const readOnly =
  (router: Router, learn: LearnTools): CallFilter =>
  (next) =>
  async (call, ctx) => {
    const { ref } = call;
    await learn.learnTool(ref, ctx.signal);
    const descriptor = router.descriptor(ref);
    if (!descriptor) throw router.noSuchTool(ref);
    if (isTrustedReadOnly(router.backend(ref.backend).spec, descriptor)) return await next(call, ctx);
    throw new GatewayError("permission_denied", `"${formatToolRef(ref)}" is not known to be read-only`, {
      backend: ref.backend,
      hint: `Use invoke; or a person can vouch for it: mcpServers.${ref.backend}.trust {"annotations": true} or tools.overrides in the registry`,
    });
  };
