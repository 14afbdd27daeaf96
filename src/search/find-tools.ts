import { collapse } from "./collapse.ts";
import { compareText } from "./compare-text.ts";
import type { Concept } from "./concepts.ts";
import { confidenceOf } from "./confidence.ts";
import { fuse } from "./fuse.ts";
import type { Generation } from "./generation.ts";
import { demoteImposters } from "./imposters.ts";
import { readScope } from "./query-scope.ts";
import { admission, type Candidate, type RankRequest } from "./rank.ts";
import { rankSteps } from "./rank-steps.ts";
import type { Confidence, SearchOptions } from "./searchable-tool.ts";
import { spreadServers } from "./spread.ts";
import type { Tally } from "./tally.ts";

const DEFAULT_LIMIT = 8;
/** Candidates looked through for duplicates: the same for every page, so that a later page goes on where an earlier one ended. */
const DEPTH = 150;

export interface FoundTool extends Candidate {
  readonly alsoOn: readonly string[];
  readonly confidence: Confidence;
}

export interface FoundTools {
  readonly tools: readonly FoundTool[];
  readonly concepts: readonly Concept[];
}

/** Everything from the text of a query to the page of tools that answers it. */
export function findTools(query: string, options: SearchOptions, index: Generation, tally: Tally): FoundTools {
  const limit = options.limit ?? DEFAULT_LIMIT;
  const scope = readScope(query, index);
  const request: RankRequest = { text: scope.text, server: options.server ?? scope.server, filter: options.filter };
  if (request.server !== undefined && !index.servers.has(request.server)) return { tools: [], concepts: [] };
  const { candidates, concepts } = rankSteps(request, index, tally);
  const worded = scope.text === "" ? everyTool(request, index) : candidates;
  const isFused = options.near !== undefined && scope.text !== "";
  const found = isFused ? demoteImposters(fuse(worded, options.near, index, admission(request, index)), index) : worded;
  const exact = exactTool(scope.exact, request, index);
  const lifted = options.lift ? liftCandidates(found, options.lift) : found;
  const ordered = exact ? [exact, ...lifted.filter(({ doc }) => doc !== exact.doc)] : lifted;
  const distinct = collapse(ordered.slice(0, DEPTH), index);
  const page = request.server === undefined ? spreadServers(distinct, limit) : distinct.slice(0, limit);
  const [best] = page;
  if (!best) return { tools: [], concepts };
  const tools = page.map(({ candidate, alsoOn }) => ({
    ...candidate,
    alsoOn,
    confidence: confidenceOf(candidate, best.candidate),
  }));
  return { tools, concepts };
}

function liftCandidates(found: readonly Candidate[], lift: NonNullable<SearchOptions["lift"]>): readonly Candidate[] {
  const lifted = found.map((one) => ({ ...one, score: one.score * lift(one.server, one.tool) }));
  return lifted.sort((a, b) => b.score - a.score); // stable: what nobody lifted keeps its order
}

/** The tool that the query gives the address of, as a candidate that covers all of it. */
function exactTool(doc: number | undefined, request: RankRequest, index: Generation): Candidate | undefined {
  if (doc === undefined || !admission(request, index)(doc)) return undefined;
  return { doc, server: index.owner(doc)?.server ?? "", tool: index.documents.tool(doc), score: 1000, coverage: 1 };
}

/** All tools of the server asked for, by name: the answer to `server:` with nothing behind it. */
function everyTool(request: RankRequest, index: Generation): readonly Candidate[] {
  const range = request.server === undefined ? undefined : index.servers.get(request.server);
  if (!range) return [];
  const admits = admission(request, index);
  const tools: Candidate[] = [];
  for (let doc = range.first; doc < range.end; doc += 1) {
    if (admits(doc)) tools.push({ doc, server: range.server, tool: index.documents.tool(doc), score: 1, coverage: 0.5 });
  }
  return tools.sort((a, b) => compareText(a.tool, b.tool));
}
