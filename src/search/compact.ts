import { Generation } from "./generation.ts";

const TERMS_A_STEP = 64;

/** Writes the documents that count, and nothing else, into a new generation; one step is a few documents or terms. */
export function* compact(old: Generation): Generator<void, Generation> {
  const next = new Generation();
  const moved = new Int32Array(old.documents.length).fill(-1);
  const ranges = [...old.servers.values()].sort((a, b) => a.first - b.first);
  const termOf = (term: number): number => next.dictionary.intern(old.dictionary.text(term));
  for (const { first, end } of ranges) {
    for (let doc = first; doc < end; doc += 1) {
      moved[doc] = next.documents.length;
      next.documents.add({
        tool: old.documents.tool(doc),
        nameTerms: old.documents.nameTerms(doc).map(termOf),
        leadTerms: old.documents.leadTerms(doc).map(termOf),
        sketch: old.documents.sketch(doc),
      });
      yield;
    }
  }
  for (let term = 0; term < old.dictionary.size; term += 1) {
    movePostings(term, old, next, moved);
    if (term % TERMS_A_STEP === 0) yield;
  }
  for (const range of ranges) {
    const first = range.end === range.first ? next.documents.length : (moved[range.first] ?? 0);
    const counts = new Map<number, number>();
    for (let at = 0; at < range.frequencies.length; at += 2) {
      counts.set(termOf(range.frequencies[at] ?? 0), range.frequencies[at + 1] ?? 0);
    }
    const names = range.names.map((name) => name.map(termOf));
    next.admitRange({ server: range.server, first, end: first + range.end - range.first, names }, counts);
    yield;
  }
  return next;
}

function movePostings(term: number, old: Generation, next: Generation, moved: Int32Array): void {
  const { docs, impacts } = old.postings;
  const end = old.postings.end(term);
  for (let at = old.postings.start(term); at < end; at += 1) {
    const doc = moved[docs[at] ?? 0] ?? -1;
    if (doc >= 0) next.postings.append(next.dictionary.intern(old.dictionary.text(term)), doc, impacts[at] ?? 0);
  }
}
