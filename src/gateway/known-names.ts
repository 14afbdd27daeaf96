import type { Catalog } from "../catalog/catalog.ts";
import type { Fleet } from "../lifecycle/fleet.ts";
import type { KnownNames } from "../telemetry/call-figures.ts";

/** The registry's servers, and the tools they offer; those of a server nobody has asked may have any name. */
export const knownNames = (house: () => { readonly fleet: Fleet; readonly catalog: Catalog }): KnownNames => ({
  server: (id) => house().fleet.get(id) !== undefined,
  tool: (backend, tool) => {
    const { catalog } = house();
    const source = catalog.get(backend)?.source ?? "none";
    return source === "none" || catalog.find({ backend, tool }) !== undefined;
  },
});
