import type { BackendSpec } from "../model/backend-spec.ts";
import { GatewayError } from "../model/errors.ts";

/** Whether the registry lets a server start: switched on, and with every variable set. */
export const isUsable = (spec: BackendSpec): boolean => spec.enabled && spec.missing.length === 0;

/** Throws what keeps a server from starting. */
export function assertUsable(spec: BackendSpec): void {
  const hindrance = hindranceOf(spec);
  if (hindrance) throw hindrance;
}

/** What keeps a server from starting: `permission_denied` or `needs_config`, with what a person can do about it; mostly nothing. */
export function hindranceOf(spec: BackendSpec): GatewayError | undefined {
  if (isUsable(spec)) return undefined;
  if (!spec.enabled) {
    return new GatewayError("permission_denied", `Server "${spec.id}" is switched off in the registry`, {
      backend: spec.id,
      hint: `A person can switch it on: remove "enabled": false or "disabled": true from mcpServers.${spec.id}`,
    });
  }
  const names = [...new Set(spec.missing.map(({ name }) => name))];
  return new GatewayError(
    "needs_config",
    `Server "${spec.id}" needs ${names.join(", ")}, which ${names.length === 1 ? "is" : "are"} not set`,
    {
      backend: spec.id,
      hint: `A person can set ${names.join(", ")} in the environment or in .env beside the registry; used in ${spec.missing
        .map(({ field }) => field)
        .join(", ")}`,
    },
  );
}
