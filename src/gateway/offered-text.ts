import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalog } from "../catalog/catalog.ts";
import type { ToolDescriptor } from "../model/tool.ts";
import type { Router } from "./router.ts";

/** How much text the definitions of all tools are that may be called: what a host would be given without us. */
export class OfferedText {
  readonly #house: () => { readonly catalog: Catalog; readonly router: Router };
  readonly #chars = new WeakMap<ToolDescriptor, number>();

  constructor(house: () => { readonly catalog: Catalog; readonly router: Router }) {
    this.#house = house;
  }

  /** In characters of JSON. What is new is measured server by server, others having their turn in between. */
  async chars(): Promise<number> {
    const { catalog, router } = this.#house();
    let sum = 0;
    for (const [backend, { tools }] of catalog.all()) {
      if (!router.find(backend)?.spec.enabled) continue;
      if (tools.some((tool) => !this.#chars.has(tool))) await nextTurn();
      for (const tool of tools) if (router.isAllowed(tool.ref)) sum += this.#charsOf(tool);
    }
    return sum;
  }

  #charsOf(tool: ToolDescriptor): number {
    const known = this.#chars.get(tool);
    if (known !== undefined) return known;
    const chars = JSON.stringify(tool.definition).length;
    this.#chars.set(tool, chars);
    return chars;
  }
}
