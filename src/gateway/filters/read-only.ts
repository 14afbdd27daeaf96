import type { CallFilter } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import { formatToolRef, type ToolRef } from "../../model/tool.ts";
import { isTrustedReadOnly } from "../../security/policy.ts";
import { tryRead } from "../call-endings.ts";
import type { LearnTools } from "../learn-tools.ts";
import type { Router } from "../router.ts";

/** Lets only tools pass that the registry knows to be read-only; learns the definition first where nobody has seen it. */
export const readOnly =
  (router: Router, learn: LearnTools): CallFilter =>
  (next) =>
  (call, ctx, done) => {
    learn.learnTool(call.ref, ctx.signal).then(
      () => {
        const refusal = tryRead(() => assertReadOnly(router, call.ref));
        if (refusal) done(refusal);
        else next(call, ctx, done);
      },
      (reason: unknown) => done(GatewayError.from(reason, ctx.signal)),
    );
  };

function assertReadOnly(router: Router, ref: ToolRef): void {
  const descriptor = router.descriptor(ref);
  if (!descriptor) throw router.noSuchTool(ref);
  if (isTrustedReadOnly(router.backend(ref.backend).spec, descriptor)) return;
  throw new GatewayError("permission_denied", `"${formatToolRef(ref)}" is not known to be read-only`, {
    backend: ref.backend,
    hint: `Use invoke; or a person can vouch for it: mcpServers.${ref.backend}.trust {"annotations": true} or tools.overrides in the registry`,
  });
}
