import { afterUse } from "./after-use.ts";
import { type Engine, sallyport } from "./engine.ts";
import { flatBm25 } from "./flat-bm25.ts";
import { fts5 } from "./fts5.ts";
import { miniSearchDefault, miniSearchTuned } from "./minisearch.ts";
import type { LoadPackage } from "./optional-package.ts";
import { orama } from "./orama.ts";

/** The engines to compare, ours first; `only` leaves out those it does not name. */
export function enginesFor(load: LoadPackage, only?: readonly string[]): readonly Engine[] {
  const all = [sallyport, afterUse, flatBm25, miniSearchDefault(load), miniSearchTuned(load), fts5(load), orama(load)];
  for (const name of only ?? []) {
    if (!all.some((engine) => engine.name === name)) {
      throw new Error(`--engines: found "${name}", expected some of: ${all.map((engine) => engine.name).join(", ")}`);
    }
  }
  return all.filter(({ name }) => only === undefined || only.includes(name));
}
