import { BestDocuments } from "./best-documents.ts";
import { compareText } from "./compare-text.ts";
import { type Concept, conceptsOf } from "./concepts.ts";
import { nameTerm } from "./dictionary.ts";
import type { Generation } from "./generation.ts";
import { demoteImposters } from "./imposters.ts";
import { NameCover } from "./name-cover.ts";
import { readQuery } from "./query-words.ts";
import type { Tally } from "./tally.ts";
import { foldName } from "./tokenize.ts";
import { WEIGHTS } from "./weights.ts";
import { wishOf } from "./wish.ts";

const MOST_CANDIDATES = 150;

/** A tool found, with the evidence it stands on. */
export interface Candidate {
  readonly doc: number;
  readonly server: string;
  readonly tool: string;
  readonly score: number;
  /** Share of the query that the tool covers, 0 to 1, weighted by how telling the words are. */
  readonly coverage: number;
  /** Its place among the tools near in meaning, from 1. */
  readonly near?: number;
}

export interface RankRequest {
  readonly text: string;
  /** Only documents of this server. */
  readonly server?: string | undefined;
  readonly filter?: ((server: string, tool: string) => boolean) | undefined;
}

export interface Ranking {
  /** Best first; equal scores by server, then tool. */
  readonly candidates: readonly Candidate[];
  readonly concepts: readonly Concept[];
}

/** Ranks the tools for a query in two steps: all by their words, then the best 150 by how well the query covers their names. */
export function rank(request: RankRequest, index: Generation, tally: Tally, most = MOST_CANDIDATES): Ranking {
  const words = readQuery(request.text);
  const concepts = conceptsOf(words, index);
  const range = request.server === undefined ? undefined : index.servers.get(request.server);
  tally.count(concepts, index.postings, range ?? { first: 0, end: index.documents.length });
  const named = namedDocuments(words.identifiers, index);
  const names = new NameCover(concepts, wishOf(words.asking, request.text), index);
  const whole = concepts.reduce((sum, concept) => sum + concept.worth, 0);
  const best = new BestDocuments(index, tally.scores, most).pick(tally.touched, admission(request, index));
  const candidates = best.map((doc) => ({
    doc,
    server: index.owner(doc)?.server ?? "",
    tool: index.documents.tool(doc),
    score: (tally.scores[doc] ?? 0) + names.gain(doc) + (named.has(doc) ? WEIGHTS.exactName : 0),
    coverage: (tally.covered[doc] ?? 0) / whole,
  }));
  return { candidates: demoteImposters(candidates.sort(byScore), index), concepts };
}

const byScore = (a: Candidate, b: Candidate): number =>
  b.score - a.score || compareText(a.server, b.server) || compareText(a.tool, b.tool);

/** Whether a document may be found at all. */
export function admission({ server, filter }: RankRequest, index: Generation): (doc: number) => boolean {
  return (doc) => {
    const owner = index.owner(doc)?.server;
    if (owner === undefined || (server !== undefined && owner !== server)) return false;
    return filter === undefined || filter(owner, index.documents.tool(doc));
  };
}

/** Tools that a word of the query names in full. */
function namedDocuments(identifiers: readonly string[], index: Generation): ReadonlySet<number> {
  const named = new Set<number>();
  for (const identifier of identifiers) {
    const term = index.dictionary.find(nameTerm(foldName(identifier)));
    if (term !== undefined) for (const doc of index.postings.documents(term)) named.add(doc);
  }
  return named;
}
