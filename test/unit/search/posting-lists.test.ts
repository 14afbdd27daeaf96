import { describe, expect, it } from "vitest";
import { LONGEST_NUMBER, writeNumbers } from "../../../src/search/packed-numbers.ts";
import { PostingLists } from "../../../src/search/posting-lists.ts";
import { TightPostings } from "../../../src/search/tight-postings.ts";

const impactOf = (term: number, doc: number): number => (term * 7 + doc) % 256;

/** How many documents each term has: many short lists, some long, and two longer than a page holds. */
const LENGTHS = Array.from({ length: 3_000 }, (_, term) => {
  if (term === 700 || term === 2_999) return 70_000 + term;
  return term % 100 === 0 ? 5_000 + term : term % 37;
});

function fill(lists: PostingLists): void {
  let terms = [...LENGTHS.keys()];
  for (let doc = 0; terms.length > 0; doc += 1) {
    terms = terms.filter((term) => doc < (LENGTHS[term] ?? 0));
    for (const term of terms) lists.append(term, doc, impactOf(term, doc));
  }
}

function expectAll(lists: PostingLists): void {
  for (const [term, length] of LENGTHS.entries()) {
    const { docs, impacts, start, stop } = lists.span(term);
    const wrong: number[] = [];
    for (let doc = 0; doc < length; doc += 1)
      if (docs[start + doc] !== doc || impacts[start + doc] !== impactOf(term, doc)) wrong.push(doc);
    expect({ term, length: stop - start, wrong }).toEqual({ term, length, wrong: [] });
  }
}

describe("posting lists", () => {
  it("keep every list whole while all of them grow side by side, past the length of a page too", () => {
    const lists = new PostingLists();
    fill(lists);
    expectAll(lists);
  });

  it("know nothing of a term that no document has", () => {
    const lists = new PostingLists();
    expect(lists.documents(12)).toHaveLength(0);
    lists.append(12, 3, 200);
    expect([...lists.documents(12)]).toEqual([3]);
    expect(lists.documents(11)).toHaveLength(0);
  });

  it("unpack a list when it is wanted, and go on with it", () => {
    const lengths = Uint32Array.from([3, 0, 66_000, 1]);
    const docs = [...lengths].map((length) => Array.from({ length }, (_, at) => at * 2));
    const distances = docs.map((list) => Uint32Array.from(list, (doc, at) => doc - (list[at - 1] ?? 0)));
    const packed = distances.map((list) => {
      const bytes = new Uint8Array(list.length * LONGEST_NUMBER);
      return bytes.subarray(0, writeNumbers(list, bytes));
    });
    const sizes = Uint32Array.from(packed, ({ length }) => length);
    const impacts = Uint8Array.from(docs.flatMap((list, term) => list.map((doc) => impactOf(term, doc))));
    const lists = new PostingLists();
    lists.adopt(new TightPostings(lengths, sizes, Uint8Array.from(packed.flatMap((bytes) => [...bytes])), impacts));
    for (const [term, list] of docs.entries()) {
      lists.append(term, 200_000, 9);
      const span = lists.span(term);
      expect([...span.docs.subarray(span.start, span.stop)]).toEqual([...list, 200_000]);
      expect([...span.impacts.subarray(span.start, span.stop)]).toEqual([...list.map((doc) => impactOf(term, doc)), 9]);
    }
  });
});
