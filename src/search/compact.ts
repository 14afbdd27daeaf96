import { Generation } from "./generation.ts";

const POSTINGS_A_STEP = 8_192;

/** Writes the documents that count, and nothing else, into a new generation; one step is a few documents or postings. */
export function* compact(old: Generation): Generator<void, Generation> {
  const next = new Generation();
  const moved = new Int32Array(old.documents.length).fill(-1);
  const ranges = [...old.servers.values()].sort((a, b) => a.first - b.first);
  const termOf = renumbering(old, next);
  for (const { first, end } of ranges) {
    for (let doc = first; doc < end; doc += 1) {
      moved[doc] = next.documents.length;
      next.documents.add({
        tool: old.documents.tool(doc),
        name: termOf(old.documents.name(doc)),
        nameTerms: old.documents.nameTerms(doc).map(termOf),
        leadTerms: old.documents.leadTerms(doc).map(termOf),
        sketch: old.documents.sketch(doc),
      });
      yield;
    }
  }
  yield* movePostings(old, next, moved, termOf);
  for (const range of ranges) {
    const first = range.end === range.first ? next.documents.length : (moved[range.first] ?? 0);
    const names = range.names.map((name) => name.map(termOf));
    const frequencies = range.frequencies.map((number, at) => (at % 2 === 0 ? termOf(number) : number));
    next.admitRange({ ...range, first, end: first + range.end - range.first, names, frequencies });
    yield;
  }
  return next;
}

function* movePostings(old: Generation, next: Generation, moved: Int32Array, termOf: (term: number) => number) {
  let steps = 0;
  for (let term = 0; term < old.dictionary.size; term += 1) {
    const { docs, impacts, start, stop } = old.postings.span(term);
    for (let at = start; at < stop; at += 1) {
      const doc = moved[docs[at] ?? 0] ?? -1;
      if (doc >= 0) next.postings.append(termOf(term), doc, impacts[at] ?? 0);
    }
    steps += 1 + stop - start;
    if (steps < POSTINGS_A_STEP) continue;
    steps = 0;
    yield;
  }
}

/** The number of an old term in the new dictionary, which takes it in the first time. */
function renumbering(old: Generation, next: Generation): (term: number) => number {
  const known: number[] = [];
  return (term) => {
    const number = known[term] ?? next.dictionary.intern(old.dictionary.text(term));
    if (known[term] === undefined) next.dictionary.show(number, old.dictionary.word(term));
    known[term] = number;
    return number;
  };
}
