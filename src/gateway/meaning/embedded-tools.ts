import { createHash } from "node:crypto";
import type { Catalog } from "../../catalog/catalog.ts";
import type { BackendSpec } from "../../model/backend-spec.ts";
import { GatewayError } from "../../model/errors.ts";
import type { StateStore } from "../../model/ports.ts";
import type { EmbeddingsSettings } from "../../model/registry-snapshot.ts";
import { loadUsearch } from "../../search/graph-library.ts";
import { runInSlices } from "../../search/slices.ts";
import { type ByteVector, makeBlock, toBytes } from "../../search/vector-block.ts";
import { type GraphState, VectorGraph } from "../../search/vector-graph.ts";
import { VectorTable } from "../../search/vector-table.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Clock } from "../../time/clock.ts";
import { KeptVectors, makerOf } from "./kept-vectors.ts";
import { isRefusal, type PatientEmbedder } from "./patient-embedder.ts";
import { isMadeOf, type PlannedTool, planTools } from "./planned-tools.ts";
import { RefusedTexts } from "./refused-texts.ts";

/** Beyond so many tools the rest is found by words alone. */
const MOST_TOOLS = 50_000;
/** So many numbers are read from one answer without holding up anything else. */
const MOST_NUMBERS = 32_768;
/** As if vectors were this long, before anyone knows. */
const LONG_VECTOR = 4_096;

export interface EmbeddedToolsParts {
  readonly settings: EmbeddingsSettings;
  readonly embedder: PatientEmbedder;
  readonly catalog: Catalog;
  readonly specOf: (backend: string) => BackendSpec | undefined;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Hears that every tool has its vector. */
  readonly onComplete: () => void;
}

/**
 * The vectors of all tools in the catalog: those an earlier process kept, and new ones asked for in the background, a batch
 * at a time. A text is asked for once, whatever servers it comes from.
 */
export class EmbeddedTools {
  readonly table: VectorTable;
  readonly #parts: EmbeddedToolsParts;
  readonly #maker: string;
  readonly #kept: KeptVectors;
  readonly #graph: VectorGraph;
  /** Servers whose tools are to be looked at. */
  readonly #changed = new Set<string>();
  /** Servers that wait for vectors. */
  readonly #plans = new Map<string, readonly PlannedTool[]>();
  readonly #fresh = new Map<string, ByteVector>();
  readonly #refused = new RefusedTexts();
  #work: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: EmbeddedToolsParts) {
    this.#parts = parts;
    this.#maker = makerOf(parts.settings);
    this.#kept = new KeptVectors(parts.store, this.#maker, parts.log);
    this.#graph = new VectorGraph({ clock: parts.clock, load: loadUsearch });
    this.table = new VectorTable(this.#graph);
  }

  /** A digest of what is embedded, and by what. */
  get contents(): string {
    const digest = createHash("sha256").update(this.#maker);
    for (const server of [...this.#servers].sort())
      digest.update(JSON.stringify([server, this.#parts.embedder.dimensions ?? 0, this.table.block(server)?.hashes ?? []]));
    return digest.digest("base64url");
  }

  get graph(): GraphState {
    return this.#graph.state;
  }

  get isComplete(): boolean {
    return this.#work === undefined;
  }

  /** Takes over what earlier processes kept, then begins with the rest. */
  async open(): Promise<void> {
    const servers = this.#servers;
    await Promise.all(servers.map((server) => this.#recall(server)));
    for (const server of servers) this.follow(server);
  }

  /** A server's tools may have changed. */
  follow(server: string): void {
    this.#changed.add(server);
    if (this.#isClosed || this.#work !== undefined) return;
    const failed = (error: unknown) => this.#parts.log.warn({ error: String(error) }, "tools could not be embedded");
    const work = this.#run().catch(failed);
    this.#work = work.finally(() => {
      this.#work = undefined;
      const [next] = this.#changed;
      if (this.#isClosed) return;
      if (next === undefined) this.#parts.onComplete();
      else this.follow(next);
    });
  }

  /** Forgets every vector and asks for them anew. */
  startOver(): void {
    const servers = this.#servers;
    for (const server of servers) this.table.remove(server);
    this.#fresh.clear();
    for (const server of servers) this.follow(server);
  }

  /** Ends the work, with the embedder closed, and keeps what is there of unfinished servers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#graph[Symbol.dispose]();
    await this.#work;
    for (const [server, plan] of this.#plans) await this.#take(server, plan);
  }

  get #servers(): readonly string[] {
    return this.#parts.catalog.all().map(([server]) => server);
  }

  async #recall(server: string): Promise<void> {
    const block = await this.#kept.recall(server);
    if (block && this.#parts.embedder.accepts(block.dimensions)) this.table.put(block);
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      await runInSlices(this.#plan(), this.#parts.clock);
      for (const [server, plan] of this.#plans) {
        if (plan.every(({ hash }) => this.#isSettled(hash))) await this.#take(server, plan);
      }
      const missing = this.#missing();
      if (missing.size === 0) break;
      await this.#embed(missing);
    }
    if (!this.#isClosed) this.#fresh.clear();
  }

  async #embed(missing: ReadonlyMap<string, string>): Promise<void> {
    const { embedder } = this.#parts;
    const hashes = [...missing.keys()];
    try {
      const vectors = await embedder.askPatiently([...missing.values()]);
      for (const [at, vector] of vectors.entries()) this.#fresh.set(hashes[at] ?? "", toBytes(vector));
      this.#refused.taken();
    } catch (reason) {
      const error = GatewayError.from(reason); // what it throws else is that it is closed
      if (isRefusal(error) && !this.#refused.refused(hashes)) embedder.rest(error);
    }
  }

  /** Looks at what the changed servers offer, one a step. */
  *#plan(): Generator<void, void> {
    const { catalog, settings, specOf } = this.#parts;
    for (const server of this.#changed) {
      this.#changed.delete(server);
      const listing = specOf(server)?.enabled ? catalog.get(server) : undefined; // what is switched off is nobody's business
      const room = MOST_TOOLS - this.table.size + (this.table.block(server)?.tools.length ?? 0);
      if (listing) this.#plans.set(server, planTools(server, listing, settings.documentPrefix, room));
      else this.#plans.delete(server);
      if (!listing) this.table.remove(server);
      yield;
    }
  }

  /** The next texts without a vector, by their digests. */
  #missing(): ReadonlyMap<string, string> {
    const { settings, embedder } = this.#parts;
    const readable = Math.max(1, Math.floor(MOST_NUMBERS / (embedder.dimensions ?? LONG_VECTOR)));
    const most = Math.min(settings.batch, this.#refused.most, readable);
    const missing = new Map<string, string>();
    for (const plan of this.#plans.values()) {
      for (const { hash, text } of plan) {
        if (!this.#isSettled(hash)) missing.set(hash, text);
        if (missing.size >= most) return missing;
      }
    }
    return missing;
  }

  #isSettled(hash: string): boolean {
    return this.#refused.has(hash) || this.#find(hash) !== undefined;
  }

  #find(hash: string): ByteVector | undefined {
    return this.#fresh.get(hash) ?? this.table.find(hash);
  }

  /** Lets the tools that have a vector count, and keeps them where they are not those that were kept before. */
  async #take(server: string, plan: readonly PlannedTool[]): Promise<void> {
    this.#plans.delete(server);
    const known = plan.flatMap(({ tool, hash }) => {
      const vector = this.#find(hash);
      return vector ? [{ tool, hash, vector }] : [];
    });
    const [first] = known;
    if (!first) return this.table.remove(server);
    if (known.length === plan.length && isMadeOf(this.table.block(server), plan)) return;
    const block = makeBlock(server, first.vector.values.length, known);
    this.table.put(block);
    await this.#kept.keep(block);
  }
}
