import { type Clock, systemClock } from "../time/clock.ts";
import { collapse } from "./collapse.ts";
import { compact } from "./compact.ts";
import { compareText } from "./compare-text.ts";
import { confidenceOf } from "./confidence.ts";
import { explainMatch } from "./explain.ts";
import { Generation } from "./generation.ts";
import { nearestServers, type Overview, overviewOf } from "./overview.ts";
import { findServer, type QueryScope, readScope } from "./query-scope.ts";
import { admission, type Candidate, type RankRequest, type Ranking, rank } from "./rank.ts";
import type { SearchableTool, SearchHit, SearchOptions } from "./searchable-tool.ts";
import { runFor, runInSlices } from "./slices.ts";
import { spreadServers } from "./spread.ts";
import { Tally } from "./tally.ts";
import { serverTokens } from "./tool-fields.ts";

const DEFAULT_LIMIT = 8;
/** Candidates looked through for duplicates, per hit asked for and at least. */
const DEPTH_PER_HIT = 3;
const LEAST_DEPTH = 60;
/** Waste worth a new generation: this many documents, and more than count. */
const LEAST_WASTE = 1000;

/**
 * Finds tools by what they can do. What `replace` brings is indexed in slices of 4 ms between turns of the event loop; until
 * then searches answer from what was there before. A search itself spends up to 4 ms on waiting work first, so a small server is
 * found at once; `settled` waits for everything.
 */
export class ToolIndex {
  readonly #clock: Clock;
  readonly #tally = new Tally();
  /** Servers waiting to be indexed; the one at work stays here until it is in. */
  readonly #waiting = new Map<string, readonly SearchableTool[]>();
  readonly #tools = new Map<string, readonly SearchableTool[]>();
  #generation = new Generation();
  #work: Generator<void, void> | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Tools that can be found now. */
  get size(): number {
    return this.#generation.frequencies.documents;
  }

  /** Puts a server's tools in place of those it had. */
  replace(server: string, tools: readonly SearchableTool[]): void {
    this.#waiting.delete(server);
    this.#waiting.set(server, tools);
    if (this.#work) return;
    this.#work = this.#indexWaiting();
    this.#settled = runInSlices(this.#work, this.#clock);
  }

  /** Takes a server's tools out, at once. */
  remove(server: string): void {
    this.#waiting.delete(server);
    this.#tools.delete(server);
    this.#generation.retire(server);
  }

  /** Resolves when everything brought so far can be found. */
  settled(): Promise<void> {
    return this.#settled;
  }

  /**
   * The tools that fit a need best, best first, never more than `limit`. `server/tool` finds that very tool, `server: …` only tools of
   * the server. The same index and query give the same answer, whatever the order in which servers came.
   */
  search(query: string, options: SearchOptions = {}): readonly SearchHit[] {
    if (this.#work) runFor(this.#work, this.#clock);
    const index = this.#generation;
    const limit = options.limit ?? DEFAULT_LIMIT;
    const scope = readScope(query, index);
    const server = options.server ?? scope.server;
    if (server !== undefined && !index.servers.has(server)) return [];
    const request: RankRequest = { text: scope.text, server, filter: options.filter };
    const ranking = rank(request, index, this.#tally);
    const candidates = this.#order(ranking, scope, request);
    const depth = Math.max(LEAST_DEPTH, limit * DEPTH_PER_HIT);
    const distinct = collapse(candidates.slice(0, depth), index);
    const shown = server === undefined ? spreadServers(distinct, limit) : distinct.slice(0, limit);
    const best = shown[0];
    if (!best) return [];
    return shown.map((hit) => ({
      server: hit.server,
      tool: hit.tool,
      score: hit.score,
      confidence: hit.doc === scope.exact ? "high" : confidenceOf(hit, best),
      alsoOn: hit.alsoOn,
      ...(options.explain && { matched: this.#explain(hit, ranking) }),
    }));
  }

  /** What there is instead, for a query that found nothing worth showing. */
  overview(most = 5): Overview {
    return overviewOf(this.#generation, most);
  }

  /** Servers whose names are like one that is not known, nearest first. */
  nearestServers(name: string, most = 3): readonly string[] {
    return nearestServers(name, this.#generation, most);
  }
}
