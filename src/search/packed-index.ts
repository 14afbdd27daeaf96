import { createHash } from "node:crypto";
import { endianness } from "node:os";
import { compact } from "./compact.ts";
import { DocumentTable } from "./document-table.ts";
import { Generation } from "./generation.ts";
import { packItems, unpackItems } from "./packed-items.ts";
import { packWords, unpackWords } from "./packed-numbers.ts";
import { packPostings, unpackPostings } from "./packed-postings.ts";
import { packServers, unpackServers, type Versions } from "./packed-servers.ts";
import { Uint32List } from "./uint32-list.ts";
import { FIELD_WEIGHTS, WEIGHTS } from "./weights.ts";

/** Raised whenever the same tools would be indexed or written differently. */
const FORMAT = 5;
const SEAL_STEP = 1 << 18;
const TERMS_A_STEP = 1_024;

/**
 * A generation as lines of text, in pieces to be put together: a seal, then servers, words, and numbers in base64. The seal
 * covers the rest and how it was made, so that a damaged text, or one made with other weights, is noticed.
 */
export function* packGeneration(old: Generation, versions: Versions): Generator<void, readonly string[]> {
  const index = yield* compact(old);
  const { tools, names, nameEnds, nameTerms, leadEnds, leadTerms, sketches } = index.documents.lists;
  const pieces = yield* packServers(index, versions);
  pieces.push("\n", ...(yield* packItems(tools)));
  pieces.push("\n", ...(yield* packItems(index.dictionary.texts)));
  pieces.push("\n", ...(yield* packItems(yield* shownWords(index))));
  for (const list of [names, nameEnds, nameTerms, leadEnds, leadTerms, sketches])
    pieces.push("\n", ...(yield* packWords(list.view())));
  pieces.push("\n", ...(yield* packPostings(index)));
  return [yield* seal(pieces), "\n", ...pieces];
}

/** The generation that such a text describes, or undefined when the seal does not fit. */
export function* unpackGeneration(text: string): Generator<void, { generation: Generation; versions: Versions } | undefined> {
  const headEnd = text.indexOf("\n");
  if (text.slice(0, headEnd) !== (yield* seal(slicesOf(text, headEnd + 1)))) return undefined;
  const lines = linesOf(text, headEnd + 1);
  const { ranges, versions } = yield* unpackServers(lines);
  const tools = yield* unpackItems<string>(next(lines));
  const terms = yield* unpackItems<string>(next(lines));
  const shown = yield* unpackItems<string>(next(lines));
  const names = new Uint32List(yield* unpackWords(next(lines)));
  const nameEnds = new Uint32List(yield* unpackWords(next(lines)));
  const nameTerms = new Uint32List(yield* unpackWords(next(lines)));
  const leadEnds = new Uint32List(yield* unpackWords(next(lines)));
  const leadTerms = new Uint32List(yield* unpackWords(next(lines)));
  const sketches = new Uint32List(yield* unpackWords(next(lines)));
  const generation = new Generation(new DocumentTable({ tools, names, nameEnds, nameTerms, leadEnds, leadTerms, sketches }));
  yield* generation.dictionary.adopt(terms, shown);
  generation.adopt(ranges, yield* unpackPostings(lines));
  return { generation, versions };
}

/** For each term the word it is shown as, or nothing where that is the term itself. */
function* shownWords({ dictionary }: Generation): Generator<void, readonly string[]> {
  const words: string[] = [];
  for (const [term, text] of dictionary.texts.entries()) {
    const word = dictionary.word(term);
    words.push(word === text ? "" : word);
    if (term % TERMS_A_STEP === 0) yield;
  }
  return words;
}

function* slicesOf(text: string, start: number): Generator<string, void> {
  for (let at = start; at < text.length; at += SEAL_STEP) yield text.slice(at, at + SEAL_STEP);
}

function* linesOf(text: string, start: number): Generator<string, void> {
  for (let at = start; at <= text.length; ) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(at, end);
    at = end + 1;
  }
}

const next = (lines: Generator<string, void>): string => lines.next().value ?? "";

function* seal(pieces: Iterable<string>): Generator<void, string> {
  const hash = createHash("sha256").update(JSON.stringify([FORMAT, endianness(), FIELD_WEIGHTS, WEIGHTS]));
  for (const piece of pieces) {
    hash.update(piece);
    yield;
  }
  return hash.digest("hex");
}
