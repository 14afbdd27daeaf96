import type { Generation } from "./generation.ts";
import type { Candidate } from "./rank.ts";
import { sketchOverlap } from "./word-sketch.ts";

/** Descriptions that share this much of their words say the same. */
const SAME_DESCRIPTION = 0.5;

/** A candidate that stands for the same tool on other servers too. */
export interface Representative extends Candidate {
  readonly alsoOn: readonly string[];
}

interface Twins {
  readonly sketch: Uint32Array;
  /** Of the best placed, then of those it stands for. */
  readonly servers: string[];
}

/** Folds tools of the same name and nearly the same description on different servers into the best placed of them. */
export function collapse(candidates: readonly Candidate[], index: Generation): readonly Representative[] {
  const kept: { readonly candidate: Candidate; readonly twins: Twins }[] = [];
  const byName = new Map<number, Twins[]>();
  for (const candidate of candidates) {
    const namesakes = listIn(byName, index.documents.name(candidate.doc));
    const sketch = index.documents.sketch(candidate.doc);
    const known = namesakes.find((twins) => isTwin(candidate.server, sketch, twins));
    if (known) {
      known.servers.push(candidate.server);
      continue;
    }
    const twins: Twins = { sketch, servers: [candidate.server] };
    namesakes.push(twins);
    kept.push({ candidate, twins });
  }
  return kept.map(({ candidate, twins }) => ({ ...candidate, alsoOn: twins.servers.slice(1) }));
}

const isTwin = (server: string, sketch: Uint32Array, twins: Twins): boolean =>
  !twins.servers.includes(server) && sketchOverlap(twins.sketch, sketch) >= SAME_DESCRIPTION;

function listIn(lists: Map<number, Twins[]>, key: number): Twins[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
