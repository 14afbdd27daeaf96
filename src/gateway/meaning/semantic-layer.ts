import type { Catalog } from "../../catalog/catalog.ts";
import type { BackendSpec } from "../../model/backend-spec.ts";
import { GatewayError } from "../../model/errors.ts";
import type { Embedder, StateStore } from "../../model/ports.ts";
import type { EmbeddingsSettings } from "../../model/registry-snapshot.ts";
import type { Signal } from "../../model/signal.ts";
import type { NearTools } from "../../search/searchable-tool.ts";
import { runInSlices } from "../../search/slices.ts";
import type { GraphState } from "../../search/vector-graph.ts";
import type { NearRequest } from "../../search/vector-table.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Clock } from "../../time/clock.ts";
import { abandonOnAbort, linkDeadline } from "../../time/linked-signal.ts";
import { EmbeddedTools } from "./embedded-tools.ts";
import { makerOf } from "./kept-vectors.ts";
import { PatientEmbedder } from "./patient-embedder.ts";
import { QuestionVectors } from "./question-vectors.ts";
import {
  CAREFUL_WEIGHT,
  examplesOf,
  printVerdict,
  recallVerdict,
  subjectOf,
  TRIAL_NAME,
  tryMeaning,
  type Verdict,
} from "./trial.ts";
import { NEIGHBOURS } from "./trial-run.ts";

export interface SemanticLayerParts {
  readonly settings: EmbeddingsSettings;
  readonly embedder: Embedder;
  readonly catalog: Catalog;
  readonly specOf: (backend: string) => BackendSpec | undefined;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One need as meaning is asked for it. */
export interface NearQuestion extends Pick<NearRequest, "server" | "filter"> {
  readonly text: string;
}

/** How things stand with meaning. */
export interface LayerState {
  readonly embedded: number;
  readonly isComplete: boolean;
  readonly graph: GraphState;
  readonly verdict: Verdict | undefined;
  readonly trouble: string | undefined;
}

/** Finds tools by meaning, with one model: keeps a vector of every tool, and tries on the registry's examples whether that helps. */
export class SemanticLayer implements AsyncDisposable {
  readonly #parts: SemanticLayerParts;
  readonly #embedder: PatientEmbedder;
  readonly #tools: EmbeddedTools;
  readonly #questions: QuestionVectors;
  readonly #opened: Promise<void>;
  #verdict: Verdict | undefined;
  #trying: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: SemanticLayerParts) {
    const { settings, embedder, clock, log } = parts;
    this.#parts = parts;
    const onOtherModel = () => this.#startOver();
    this.#embedder = new PatientEmbedder({ embedder, clock, log, model: settings.model, onOtherModel });
    this.#questions = new QuestionVectors(this.#embedder, settings);
    this.#tools = new EmbeddedTools({ ...parts, embedder: this.#embedder, onComplete: () => this.#try() });
    this.#opened = this.#open().catch((error: unknown) =>
      log.warn({ error: String(error) }, "search by meaning could not begin"),
    );
  }

  get state(): LayerState {
    return {
      embedded: this.#tools.table.size,
      isComplete: this.#tools.isComplete,
      graph: this.#tools.graph,
      verdict: this.#verdict,
      trouble: this.#embedder.trouble,
    };
  }

  /** A server's tools, or its examples, have changed. */
  follow(server: string): void {
    void this.#opened.then(() => this.#tools.follow(server));
  }

  /** The tools near each question; none at all where meaning is not to be used, or does not come in time. */
  async near(questions: readonly NearQuestion[], signal: Signal): Promise<readonly NearTools[]> {
    const { clock, settings } = this.#parts;
    const until = clock.now() + settings.timeoutMs;
    if (!(await this.#isOpen(settings.timeoutMs, signal)) || this.#tools.table.size === 0) return [];
    const weight = this.#weight;
    if (weight === undefined) return [];
    const texts = questions.map(({ text }) => text);
    const vectors = (await this.#questions.within(texts, until - clock.now(), signal)) ?? [];
    const found: NearTools[] = [];
    for (const [at, vector] of vectors.entries()) {
      const work = this.#tools.table.nearest(vector, { ...questions[at], limit: NEIGHBOURS });
      found.push({ neighbours: await runInSlices(work, clock), weight });
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#opened;
    const kept = this.#tools.close();
    await this.#embedder[Symbol.asyncDispose]();
    await Promise.all([kept, this.#trying]);
  }

  get #weight(): number | undefined {
    const { enabled } = this.#parts.settings;
    if (enabled === "off" || (enabled === "auto" && this.#verdict?.isBetter !== true)) return undefined;
    return this.#verdict?.weight ?? CAREFUL_WEIGHT;
  }

  async #open(): Promise<void> {
    this.#verdict = await recallVerdict(this.#parts.store, this.#maker);
    await this.#tools.open();
  }

  /** Whether what earlier processes kept is known, within so many ms. */
  async #isOpen(ms: number, signal: Signal): Promise<boolean> {
    using deadline = linkDeadline(this.#parts.clock, ms, signal, () => new GatewayError("deadline_exceeded", "still reading"));
    return await abandonOnAbort(this.#opened, deadline.signal).then(
      () => true,
      () => false,
    );
  }

  get #maker(): string {
    return JSON.stringify([makerOf(this.#parts.settings), this.#parts.settings.queryPrefix]);
  }

  /** Nothing that was learned of one model says anything of another. */
  #startOver(): void {
    this.#verdict = undefined;
    this.#questions.forget();
    this.#tools.startOver();
  }

  /** A trial at a time; the verdict before it holds until the new one is there. */
  #try(): void {
    this.#trying = this.#trying
      .then(() => this.#tryOnce())
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#parts.log.warn({ error: String(error) }, "search by meaning could not be tried");
      });
  }

  async #tryOnce(): Promise<void> {
    await this.#opened;
    const { store, log, settings, catalog, specOf } = this.#parts;
    const subject = subjectOf(this.#tools.contents, examplesOf(catalog, specOf), this.#maker);
    if (this.#isClosed || this.#verdict?.subject === subject.subject) return;
    const embed = (needs: readonly string[]) => this.#questions.patiently(needs);
    const verdict = await tryMeaning({ ...this.#parts, embed }, this.#tools.table, subject);
    if (this.#isClosed) return;
    this.#verdict = verdict;
    log.info({ model: settings.model, ...verdict }, "search by meaning was tried");
    await store.write(TRIAL_NAME, printVerdict(verdict));
  }
}
