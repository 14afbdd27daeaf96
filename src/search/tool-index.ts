import { type Clock, systemClock } from "../time/clock.ts";
import { compact } from "./compact.ts";
import type { Concept } from "./concepts.ts";
import { explainMatch } from "./explain.ts";
import { type FoundTool, findTools } from "./find-tools.ts";
import { Generation } from "./generation.ts";
import { indexServer } from "./index-server.ts";
import { type Overview, overviewOf } from "./overview.ts";
import { packGeneration, unpackGeneration } from "./packed-index.ts";
import { type QueryScope, readScope } from "./query-scope.ts";
import type { FieldMatch, SearchableTool, SearchHit, SearchOptions } from "./searchable-tool.ts";
import { runForOneSlice, runInSlices } from "./slices.ts";
import { Tally } from "./tally.ts";

/** A new generation is written when this many documents are waste, and more than count. */
const LEAST_WASTE = 1000;

/** A server's tools, or how to get at them: tools of a version that is indexed already are not looked at. */
export type Tools = readonly SearchableTool[] | (() => readonly SearchableTool[]);

class Replacement {
  readonly version: string | undefined;
  #tools: Tools;

  constructor(tools: Tools, version: string | undefined) {
    this.#tools = tools;
    this.version = version;
  }

  get tools(): readonly SearchableTool[] {
    if (typeof this.#tools === "function") this.#tools = this.#tools();
    return this.#tools;
  }
}

/**
 * Finds tools by what they can do. What `replace` brings is indexed in slices of 2 ms between turns of the event loop; until then
 * searches answer from what was there before. A search first spends one slice on waiting work, so a small server is found at
 * once; `settled` waits for everything.
 */
export class ToolIndex {
  readonly #clock: Clock;
  readonly #tally = new Tally();
  /** Servers waiting to be indexed; the one at work stays here until it is in. */
  readonly #waiting = new Map<string, Replacement>();
  /** What was last brought for each server that is in. */
  readonly #indexed = new Map<string, Replacement>();
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

  /** Tools that were brought and cannot be found yet; to count them they are all looked at. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { tools }) => sum + tools.length, 0);
  }

  /** Which version of each server's tools can be found now. */
  get versions(): ReadonlyMap<string, string | undefined> {
    return new Map([...this.#indexed].map(([server, { version }]) => [server, version]));
  }

  /** The servers that can be found now. */
  get servers(): Iterable<string> {
    return this.#generation.servers.keys();
  }

  /**
   * Puts a server's tools in place of those it had. Tools of the version that is indexed already, as a restored index may
   * have them, are not indexed again.
   */
  replace(server: string, tools: Tools, version?: string): void {
    const replacement = new Replacement(tools, version);
    if (version !== undefined && !this.#waiting.has(server) && this.#indexed.get(server)?.version === version) {
      this.#indexed.set(server, replacement);
      return;
    }
    this.#waiting.set(server, replacement);
    this.#startWork();
  }

  /** Takes a server's tools out, at once. */
  remove(server: string): void {
    this.#waiting.delete(server);
    this.#indexed.delete(server);
    this.#generation.retire(server);
  }

  /** Resolves when everything brought so far can be found. */
  settled(): Promise<void> {
    return this.#settled;
  }

  /**
   * The tools that fit a need best, best first, at most `limit`. `server/tool` finds that very tool; `server: …` only tools of that
   * server. Equal indexes give equal answers, whatever the order in which their servers came.
   */
  search(query: string, options: SearchOptions = {}): readonly SearchHit[] {
    if (this.#work) runForOneSlice(this.#work, this.#clock);
    const { tools, concepts } = findTools(query, options, this.#generation, this.#tally);
    return tools.map((found) => ({
      server: found.server,
      tool: found.tool,
      score: found.score,
      confidence: found.confidence,
      alsoOn: found.alsoOn,
      ...(options.explain && { matched: this.#explain(found, concepts) }),
    }));
  }

  /** What of a query is an address, and what is left to search for. */
  scope(query: string): Pick<QueryScope, "text" | "server"> & { readonly isExact: boolean } {
    const { text, server, exact } = readScope(query, this.#generation);
    return { text, ...(server !== undefined && { server }), isExact: exact !== undefined };
  }

  /** What there is instead, for a query that found nothing worth showing; tools that are not shown do not count. */
  overview(most = 5, isShown?: SearchOptions["filter"]): Overview {
    return overviewOf(this.#generation, most, isShown);
  }

  /** The index as text for `restore`, in pieces to be put together; written in slices. */
  async pack(): Promise<readonly string[]> {
    await this.#settled;
    return await runInSlices(packGeneration(this.#generation, this.versions), this.#clock);
  }

  /** Takes in what `pack` wrote, unless the index has tools already or the text is damaged or of another making: then false. */
  async restore(text: string): Promise<boolean> {
    const packed = await runInSlices(unpackGeneration(text), this.#clock);
    if (!packed || this.#work || this.size > 0) return false;
    this.#generation = packed.generation;
    for (const [server, version] of packed.versions) this.#indexed.set(server, new Replacement([], version));
    return true;
  }

  #explain(found: FoundTool, concepts: readonly Concept[]): readonly FieldMatch[] {
    const tool = this.#indexed.get(found.server)?.tools.find((known) => known.tool === found.tool);
    const words = tool ? explainMatch(tool, concepts, this.#generation.dictionary) : [];
    return found.near === undefined ? words : [...words, { field: "meaning", words: [`#${found.near}`] }];
  }

  #startWork(): void {
    if (this.#work) return;
    this.#work = this.#indexWaiting();
    this.#settled = runInSlices(this.#work, this.#clock);
  }

  *#indexWaiting(): Generator<void, void> {
    for (let next = this.#nextWaiting(); next; next = this.#nextWaiting()) {
      const [server, replacement] = next;
      const isWanted = () => this.#waiting.get(server) === replacement;
      if (yield* indexServer(this.#generation, server, replacement.tools, isWanted)) {
        this.#waiting.delete(server);
        this.#indexed.set(server, replacement);
      }
      const { waste, frequencies } = this.#generation;
      if (waste > LEAST_WASTE && waste > frequencies.documents) yield* this.#compact();
    }
    this.#generation.rest();
    this.#work = undefined;
  }

  #nextWaiting(): [string, Replacement] | undefined {
    for (const entry of this.#waiting) return entry;
    return undefined;
  }

  *#compact(): Generator<void, void> {
    const next = yield* compact(this.#generation);
    for (const server of next.servers.keys()) if (!this.#generation.servers.has(server)) next.retire(server);
    this.#generation = next;
  }
}
