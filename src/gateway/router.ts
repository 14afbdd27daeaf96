import type { Catalog } from "../catalog/catalog.ts";
import type { BackendRunner } from "../lifecycle/backend-runner.ts";
import type { Fleet } from "../lifecycle/fleet.ts";
import type { BackendState } from "../model/backend-state.ts";
import { GatewayError } from "../model/errors.ts";
import { didYouMean } from "../model/near-names.ts";
import { formatToolRef, type ToolDescriptor, type ToolRef } from "../model/tool.ts";
import { isToolAllowed } from "../security/policy.ts";
import { hindranceOf } from "./usable.ts";

/** A backend's state as people see it. */
export type ShownState = BackendState["name"] | "disabled" | "needs-config";

/** Finds who serves a name, and says what is near when nobody does. */
export class Router {
  readonly #fleet: Fleet;
  readonly #catalog: Catalog;

  constructor(fleet: Fleet, catalog: Catalog) {
    this.#fleet = fleet;
    this.#catalog = catalog;
  }

  /** The runner of a server; throws `not_found` with near names. */
  backend(id: string): BackendRunner {
    return thrown(this.#fleet.get(id) ?? this.#noSuchServer(id));
  }

  find(id: string): BackendRunner | undefined {
    return this.#fleet.get(id);
  }

  /** The state people see: the runner's, unless the registry keeps the server from starting at all. */
  stateOf(id: string): ShownState {
    const runner = this.backend(id);
    if (!runner.spec.enabled) return "disabled";
    return runner.spec.missing.length > 0 ? "needs-config" : runner.state.name;
  }

  /** The server, provided it may be started: enabled and with every variable set. */
  usable(id: string): BackendRunner {
    return thrown(this.usableOrRefusal(id));
  }

  /** The same for whoever does not want what is against it thrown. */
  usableOrRefusal(id: string): BackendRunner | GatewayError {
    const runner = this.#fleet.get(id);
    return runner ? (hindranceOf(runner.spec) ?? runner) : this.#noSuchServer(id);
  }

  /** Whether the registry's rules let this tool be seen and called. */
  isAllowed(ref: ToolRef): boolean {
    const runner = this.#fleet.get(ref.backend);
    return runner !== undefined && isToolAllowed(runner.spec.tools, ref.tool);
  }

  /** Why a tool may not be called: its server is not usable, or the registry does not allow it; undefined if it may. */
  refusalOf(ref: ToolRef): GatewayError | undefined {
    const runner = this.usableOrRefusal(ref.backend);
    if (runner instanceof GatewayError) return runner;
    if (this.isAllowed(ref)) return undefined;
    return new GatewayError("permission_denied", `The registry does not allow "${formatToolRef(ref)}"`, {
      backend: ref.backend,
      hint: `A person can allow it under mcpServers.${ref.backend}.tools in the registry`,
    });
  }

  /** The tool's definition as last seen; undefined while the server's tools are unknown. */
  descriptor(ref: ToolRef): ToolDescriptor | undefined {
    return this.#catalog.find(ref);
  }

  /** For how long the server vouches for its tools, in ms; infinite if it says nothing. */
  vouchedMs(backend: string): number {
    return this.#catalog.get(backend)?.ttlMs ?? Number.POSITIVE_INFINITY;
  }

  /** The error for a tool its server does not offer, with near names. */
  noSuchTool(ref: ToolRef): GatewayError {
    const listing = this.#catalog.get(ref.backend);
    const bad = listing?.quarantined.find(({ name }) => name === ref.tool);
    const names = listing?.tools.map((tool) => tool.ref.tool) ?? [];
    const why = bad ? `its definition is set aside: ${bad.reason}` : `no such tool${didYouMean(ref.tool, names)}`;
    return new GatewayError("not_found", `Cannot call "${formatToolRef(ref)}": ${why}`, {
      backend: ref.backend,
      hint: `Call discover with server "${ref.backend}" to see what it offers`,
    });
  }

  #noSuchServer(id: string): GatewayError {
    const known = this.#fleet.all().map(({ spec }) => spec.id);
    return new GatewayError("not_found", `No server "${id}" in the registry${didYouMean(id, known)}`, {
      hint: "Call list_servers to see every server, or discover to find a tool",
    });
  }
}

function thrown(found: BackendRunner | GatewayError): BackendRunner {
  if (found instanceof GatewayError) throw found;
  return found;
}
