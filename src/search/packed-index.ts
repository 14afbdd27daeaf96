import { createHash } from "node:crypto";
import { compact } from "./compact.ts";
import { DocumentTable } from "./document-table.ts";
import { Generation, type ServerRange } from "./generation.ts";
import { packNumbers, unpackNumbers } from "./packed-numbers.ts";
import { Uint32List } from "./uint32-list.ts";
import { FIELD_WEIGHTS, WEIGHTS } from "./weights.ts";

/** Raised whenever the same tools would be indexed or written differently. */
const FORMAT = 2;
const TERMS_A_STEP = 256;
const WORDS_A_STEP = 4_096;
const SEAL_STEP = 1 << 19;

/** Versions of the servers' tools, by server. */
export type Versions = ReadonlyMap<string, string | undefined>;

interface PackedServer extends Pick<ServerRange, "server" | "first" | "end" | "names"> {
  readonly version: string | undefined;
}

/**
 * A generation as lines of text, in pieces to be put together: a seal, then servers, tool names, terms and, in base64, numbers. The
 * seal covers the rest and how it was made, so that a damaged text, or one made with other weights, is noticed.
 */
export function* packGeneration(old: Generation, versions: Versions): Generator<void, readonly string[]> {
  const index = yield* compact(old);
  const { tools, nameEnds, nameTerms, leadEnds, leadTerms, sketches } = index.documents.lists;
  const servers = [...index.servers.values()].map(
    ({ server, first, end, names }): PackedServer => ({ server, version: versions.get(server), first, end, names }),
  );
  const pieces = [JSON.stringify(servers), "\n"];
  pieces.push(...(yield* packWords(tools)), "\n", ...(yield* packWords(index.dictionary.texts)));
  const { ends, docs, impacts } = yield* tightPostings(index);
  for (const list of [nameEnds, nameTerms, leadEnds, leadTerms, sketches, ends, docs, impacts])
    pieces.push("\n", ...(yield* packNumbers(list.view())));
  return [yield* seal(pieces), "\n", ...pieces];
}

/** The generation that such a text describes, or undefined when the seal does not fit. */
export function* unpackGeneration(text: string): Generator<void, { generation: Generation; versions: Versions } | undefined> {
  const headEnd = text.indexOf("\n");
  const body = text.slice(headEnd + 1);
  if (text.slice(0, headEnd) !== (yield* seal(slicesOf(body)))) return undefined;
  const lines = linesOf(body);
  const servers = JSON.parse(next(lines)) as readonly PackedServer[]; // the seal vouches for the shape
  yield;
  const tools = yield* unpackWords(next(lines));
  const terms = yield* unpackWords(next(lines));
  const lists: Uint32List[] = [];
  for (const line of lines) lists.push(new Uint32List(yield* unpackNumbers(line)));
  const [nameEnds, nameTerms, leadEnds, leadTerms, sketches, ends, docs, impacts] = lists;
  if (!nameEnds || !nameTerms || !leadEnds || !leadTerms || !sketches || !ends || !docs || !impacts) return undefined;
  const generation = new Generation(new DocumentTable({ tools, nameEnds, nameTerms, leadEnds, leadTerms, sketches }));
  yield* fill(generation, terms, servers, { ends, docs, impacts });
  return { generation, versions: new Map(servers.map(({ server, version }) => [server, version])) };
}

/** Words as JSON arrays of some thousands each, with a tab between, which stands nowhere in JSON. */
function* packWords(words: readonly string[]): Generator<void, string[]> {
  const pieces: string[] = [];
  for (let at = 0; at < words.length; at += WORDS_A_STEP) {
    pieces.push(at > 0 ? "\t" : "", JSON.stringify(words.slice(at, at + WORDS_A_STEP)));
    yield;
  }
  return pieces;
}

function* unpackWords(line: string): Generator<void, string[]> {
  const words: string[] = [];
  for (let at = 0; at < line.length; ) {
    const tab = line.indexOf("\t", at);
    const end = tab < 0 ? line.length : tab;
    for (const word of JSON.parse(line.slice(at, end)) as string[]) words.push(word);
    at = end + 1;
    yield;
  }
  return words;
}

function* slicesOf(text: string): Generator<string, void> {
  for (let at = 0; at < text.length; at += SEAL_STEP) yield text.slice(at, at + SEAL_STEP);
}

function* linesOf(text: string): Generator<string, void> {
  for (let at = 0; at <= text.length; ) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(at, end);
    at = end + 1;
  }
}

const next = (lines: Generator<string, void>): string => lines.next().value ?? "";

interface TightPostings {
  /** Where each term's list ends in the two others. */
  readonly ends: Uint32List;
  readonly docs: Uint32List;
  readonly impacts: Uint32List;
}

function* tightPostings({ dictionary, postings }: Generation): Generator<void, TightPostings> {
  const tight: TightPostings = { ends: new Uint32List(), docs: new Uint32List(), impacts: new Uint32List() };
  for (let term = 0; term < dictionary.size; term += 1) {
    tight.docs.pushAll(postings.documents(term));
    tight.impacts.pushAll(postings.impacts.subarray(postings.start(term), postings.end(term)));
    tight.ends.push(tight.docs.length);
    if (term % TERMS_A_STEP === 0) yield;
  }
  return tight;
}

/** Puts terms and postings in, counting for each server what it has on the way. */
function* fill(
  index: Generation,
  terms: readonly string[],
  servers: readonly PackedServer[],
  tight: TightPostings,
): Generator<void, void> {
  const owners = new Uint32Array(index.documents.length);
  const counts = servers.map(() => new Map<number, number>());
  index.postings.reserve(tight.docs.length * 2);
  for (const [at, { first, end }] of servers.entries()) owners.fill(at, first, end);
  yield;
  let at = 0;
  for (const [term, text] of terms.entries()) {
    index.dictionary.intern(text);
    for (const end = tight.ends.at(term); at < end; at += 1) {
      const doc = tight.docs.at(at);
      index.postings.append(term, doc, tight.impacts.at(at));
      const count = counts[owners[doc] ?? 0];
      count?.set(term, (count.get(term) ?? 0) + 1);
    }
    if (term % TERMS_A_STEP === 0) yield;
  }
  for (const [place, server] of servers.entries()) {
    index.admitRange(server, counts[place] ?? new Map());
    yield;
  }
}

function* seal(pieces: Iterable<string>): Generator<void, string> {
  const hash = createHash("sha256").update(JSON.stringify([FORMAT, FIELD_WEIGHTS, WEIGHTS]));
  for (const piece of pieces) {
    hash.update(piece);
    yield;
  }
  return hash.digest("hex");
}
