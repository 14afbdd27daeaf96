import type { DocumentTable } from "./document-table.ts";
import type { Generation } from "./generation.ts";
import type { Candidate } from "./rank.ts";
import { sketchOverlap } from "./word-sketch.ts";

/** Descriptions that share this much of their words say the same. */
const SAME_DESCRIPTION = 0.5;

/** A candidate that stands for the same tool on other servers too. */
export interface Representative {
  readonly candidate: Candidate;
  readonly alsoOn: readonly string[];
}

class Kept implements Representative {
  readonly candidate: Candidate;
  readonly alsoOn: string[] = [];
  /** The next that was kept of the same name. */
  next: Kept | undefined;

  constructor(candidate: Candidate) {
    this.candidate = candidate;
  }

  isOn(server: string): boolean {
    return this.candidate.server === server || this.alsoOn.includes(server);
  }
}

/** Folds tools of the same name and nearly the same description on different servers into the best placed of them. */
export function collapse(candidates: readonly Candidate[], { documents }: Generation): readonly Representative[] {
  const kept: Kept[] = [];
  const byName = new Map<number, Kept>();
  for (const candidate of candidates) {
    const name = documents.name(candidate.doc);
    const namesake = byName.get(name);
    const place = namesake && placeAmong(namesake, candidate, documents);
    if (place?.isTwin) {
      place.kept.alsoOn.push(candidate.server);
      continue;
    }
    const one = new Kept(candidate);
    kept.push(one);
    if (place) place.kept.next = one;
    else byName.set(name, one);
  }
  return kept;
}

/** The first of the namesakes that says the same on another server, or else the last of them. */
function placeAmong(
  first: Kept,
  { doc, server }: Candidate,
  documents: DocumentTable,
): { readonly kept: Kept; readonly isTwin: boolean } {
  const sketch = documents.sketch(doc);
  let last = first;
  for (let kept: Kept | undefined = first; kept; kept = kept.next) {
    const isTwin = !kept.isOn(server) && sketchOverlap(documents.sketch(kept.candidate.doc), sketch) >= SAME_DESCRIPTION;
    if (isTwin) return { kept, isTwin };
    last = kept;
  }
  return { kept: last, isTwin: false };
}
