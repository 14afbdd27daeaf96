import { createHash } from "node:crypto";
import { compact } from "./compact.ts";
import { DocumentTable } from "./document-table.ts";
import { Generation, type ServerRange } from "./generation.ts";
import { packNumbers, unpackNumbers } from "./packed-numbers.ts";
import { Uint32List } from "./uint32-list.ts";
import { FIELD_WEIGHTS, WEIGHTS } from "./weights.ts";

/** Raised whenever the same tools would be indexed or written differently. */
const FORMAT = 1;
const TERMS_A_STEP = 256;
const SEAL_STEP = 1 << 19;

/** Versions of the servers' tools, by server. */
export type Versions = ReadonlyMap<string, string | undefined>;

interface PackedServer extends Pick<ServerRange, "server" | "first" | "end" | "names"> {
  readonly version: string | undefined;
}

/**
 * A generation as lines of text: a seal, then servers, tool names, terms and, in base64, numbers. The seal covers the rest and how it
 * was made, so that a damaged text, or one made with other weights, is noticed.
 */
export function* packGeneration(old: Generation, versions: Versions): Generator<void, string> {
  const index = yield* compact(old);
  const { tools, nameEnds, nameTerms, leadEnds, leadTerms, sketches } = index.documents.lists;
  const servers = [...index.servers.values()].map(
    ({ server, first, end, names }): PackedServer => ({ server, version: versions.get(server), first, end, names }),
  );
  const lines = [JSON.stringify(servers), JSON.stringify(tools), index.dictionary.texts.join(" ")];
  const { ends, docs, impacts } = yield* tightPostings(index);
  for (const list of [nameEnds, nameTerms, leadEnds, leadTerms, sketches, ends, docs, impacts])
    lines.push(yield* packNumbers(list.view()));
  const sealed = yield* seal(lines);
  return [sealed, ...lines].join("\n");
}

/** The generation that such a text describes, or undefined when the seal does not fit. */
export function* unpackGeneration(text: string): Generator<void, { generation: Generation; versions: Versions } | undefined> {
  const [sealed, ...lines] = text.split("\n");
  if (sealed !== (yield* seal(lines))) return undefined;
  const [serverLine = "", toolLine = "", termLine = "", ...numberLines] = lines;
  const servers = JSON.parse(serverLine) as readonly PackedServer[]; // the seal vouches for the shape
  const tools = JSON.parse(toolLine) as string[];
  const lists: Uint32List[] = [];
  for (const line of numberLines) lists.push(new Uint32List(yield* unpackNumbers(line)));
  const [nameEnds, nameTerms, leadEnds, leadTerms, sketches, ends, docs, impacts] = lists;
  if (!nameEnds || !nameTerms || !leadEnds || !leadTerms || !sketches || !ends || !docs || !impacts) return undefined;
  const generation = new Generation(new DocumentTable({ tools, nameEnds, nameTerms, leadEnds, leadTerms, sketches }));
  yield* fill(generation, termLine.split(" "), servers, { ends, docs, impacts });
  return { generation, versions: new Map(servers.map(({ server, version }) => [server, version])) };
}

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

function* seal(lines: readonly string[]): Generator<void, string> {
  const hash = createHash("sha256").update(JSON.stringify([FORMAT, FIELD_WEIGHTS, WEIGHTS]));
  for (const line of lines) {
    for (let at = 0; at < line.length; at += SEAL_STEP) {
      hash.update(line.slice(at, at + SEAL_STEP));
      yield;
    }
    hash.update("\n");
  }
  return hash.digest("hex");
}
