import type { Generation } from "./generation.ts";
import type { Candidate } from "./rank.ts";
import { foldName } from "./tokenize.ts";
import { sketchOverlap } from "./word-sketch.ts";

/** Descriptions that share this much of their words say the same. */
const SAME_DESCRIPTION = 0.5;

/** A candidate that stands for the same tool on other servers too. */
export interface Representative extends Candidate {
  readonly alsoOn: readonly string[];
}

/** Folds tools of the same name and nearly the same description on different servers into the best placed of them. */
export function collapse(candidates: readonly Candidate[], index: Generation): readonly Representative[] {
  const kept: Representative[] = [];
  const twins = new Map<string, { readonly doc: number; readonly servers: Set<string>; readonly alsoOn: string[] }[]>();
  for (const candidate of candidates) {
    const name = foldName(candidate.tool);
    const known = twins.get(name) ?? [];
    const sketch = index.documents.sketch(candidate.doc);
    const twin = known.find(
      ({ doc, servers }) =>
        !servers.has(candidate.server) && sketchOverlap(index.documents.sketch(doc), sketch) >= SAME_DESCRIPTION,
    );
    if (twin) {
      twin.servers.add(candidate.server);
      twin.alsoOn.push(candidate.server);
      continue;
    }
    const alsoOn: string[] = [];
    twins.set(name, [...known, { doc: candidate.doc, servers: new Set([candidate.server]), alsoOn }]);
    kept.push({ ...candidate, alsoOn });
  }
  return kept;
}
