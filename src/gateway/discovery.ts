import { neutralise } from "../model/neutralise-text.ts";
import type { Signal } from "../model/signal.ts";
import type { Overview } from "../search/overview.ts";
import { runFromNow } from "../search/slices.ts";
import { splitNeeds } from "../search/split-needs.ts";
import type { ToolIndex } from "../search/tool-index.ts";
import type { Clock } from "../time/clock.ts";
import type { Choices } from "./choices.ts";
import { type DescribeAnswer, describeTools } from "./describe-tools.ts";
import { readCursor, writeCursor } from "./discover-cursor.ts";
import type { KeptIndex } from "./kept-index.ts";
import type { LearnTools, UnknownTools } from "./learn-tools.ts";
import type { Meaning } from "./meaning/meaning.ts";
import { type NearNeeds, NOTHING_NEAR, nearNeeds } from "./meaning/near-needs.ts";
import type { Router } from "./router.ts";
import { ShownTools, type ToolCard } from "./shown-tools.ts";

/** Hits per need where nobody says how many: fewer the more needs there are, so that the page stays small. */
const USUAL_HITS = [8, 5, 4];
const LEAST_HITS = 3;
const OVERVIEW_SIZE = 8;

export interface DiscoverQuery {
  /** One capability per string; a single one that is a whole task is cut into its steps. */
  readonly needs: readonly string[];
  readonly server?: string | undefined;
  /** Only tools that the registry knows to be read-only. */
  readonly readonly?: boolean | undefined;
  /** Hits per need; default: what makes a small page. */
  readonly limit?: number | undefined;
  /** Whether cards say which words of which fields were found. */
  readonly explain?: boolean | undefined;
  /** Where an earlier answer to this very question ended. */
  readonly cursor?: string | undefined;
}

export interface NeedAnswer {
  readonly need: string;
  /** Best first. */
  readonly hits: readonly ToolCard[];
}

export interface DiscoverAnswer {
  /** What keeps the answer from being complete, such as a registry that cannot be read. */
  readonly notice?: string;
  readonly results: readonly NeedAnswer[];
  /** What there is, where a need found nothing or nothing sure. */
  readonly overview?: Overview;
  /** Goes on from here; absent when there is no more. */
  readonly nextCursor?: string;
  /** Servers whose tools are not known yet, each with the reason. */
  readonly unknown: readonly UnknownTools[];
}

/** What is left to know of a query for one search. */
interface Page {
  readonly query: DiscoverQuery;
  readonly offset: number;
  readonly limit: number;
  readonly near: NearNeeds;
}

/** The first page goes by meaning where it can. */
const FIRST_PAGE = { offset: 0, byMeaning: true };

interface DiscoveryParts {
  readonly router: Router;
  readonly kept: KeptIndex;
  readonly learn: LearnTools;
  readonly choices: Choices;
  readonly meaning: Meaning;
  readonly clock: Clock;
}

interface FoundNeed extends NeedAnswer {
  readonly more: boolean;
}

/** Finds tools and shows their definitions from what is known, without a call to any backend. */
export class Discovery {
  readonly #router: Router;
  readonly #kept: KeptIndex;
  readonly #learn: LearnTools;
  readonly #choices: Choices;
  readonly #meaning: Meaning;
  readonly #clock: Clock;
  readonly #shown: ShownTools;

  constructor({ router, kept, learn, choices, meaning, clock }: DiscoveryParts) {
    this.#router = router;
    this.#kept = kept;
    this.#learn = learn;
    this.#choices = choices;
    this.#meaning = meaning;
    this.#clock = clock;
    this.#shown = new ShownTools(router);
  }

  /** Hits per need, best first. Servers never seen are started once, briefly waited for, and named when still unknown. */
  async discover(query: DiscoverQuery, signal: Signal): Promise<DiscoverAnswer> {
    const start = query.cursor === undefined ? FIRST_PAGE : readCursor(query.cursor, query);
    const { offset } = start;
    if (query.server !== undefined) this.#router.backend(query.server);
    const unknown = await this.#learn.learnUnknown(query.server, signal);
    const [index] = await Promise.all([this.#kept.ready(), this.#choices.ready()]);
    const [task = ""] = query.needs;
    const needs = query.needs.length === 1 ? splitNeeds(task) : query.needs;
    const scope = { server: query.server, filter: this.#shown.filter(query.readonly === true) };
    const near = start.byMeaning ? await nearNeeds(this.#meaning, needs, index, scope, signal) : NOTHING_NEAR;
    const page: Page = { query, offset, limit: query.limit ?? USUAL_HITS[needs.length - 1] ?? LEAST_HITS, near };
    const all = await runFromNow(this.#findAll(needs, index, page), this.#clock);
    const found = needs.length > query.needs.length ? withoutIdleTalk(all) : all;
    const overview = offset === 0 && found.some(isHopeless) ? this.#overview(index, query) : undefined;
    return {
      results: found.map(({ need, hits }) => ({ need, hits })),
      ...(overview && overview.tools > 0 && { overview }),
      ...(found.some(({ more }) => more) && {
        nextCursor: writeCursor({ offset: offset + page.limit, byMeaning: near.size > 0 }, query),
      }),
      unknown,
    };
  }

  /** Full definitions; a server whose tools are unknown is started for it. */
  describe(addresses: readonly string[], signal: Signal): Promise<DescribeAnswer> {
    return describeTools(this.#router, this.#learn, addresses, signal);
  }

  /** A need a step: eight long ones together would hold up everything else. */
  *#findAll(needs: readonly string[], index: ToolIndex, page: Page): Generator<void, readonly FoundNeed[]> {
    const found: FoundNeed[] = [];
    for (const need of needs) {
      found.push(this.#find(need, index, page));
      yield;
    }
    return found;
  }

  #find(need: string, index: ToolIndex, { query, offset, limit, near }: Page): FoundNeed {
    const hits = index.search(need, {
      limit: offset + limit + 1,
      filter: this.#shown.filter(query.readonly === true),
      explain: query.explain,
      lift: this.#choices.liftFor(need),
      near: near.get(need),
      ...(query.server !== undefined && { server: query.server }),
    });
    const shown = hits.slice(offset, offset + limit);
    this.#choices.shown(
      need,
      shown.map(({ server, tool }) => `${server}/${tool}`),
    );
    return { need, hits: shown.flatMap((hit) => this.#shown.card(hit) ?? []), more: hits.length > offset + limit };
  }

  #overview(index: ToolIndex, query: DiscoverQuery): Overview {
    const filter = this.#shown.filter(query.readonly === true);
    const isAsked = (server: string) => query.server === undefined || server === query.server;
    const overview = index.overview(OVERVIEW_SIZE, (server, tool) => isAsked(server) && filter(server, tool));
    return { ...overview, topics: overview.topics.map((topic) => neutralise(topic, { multiline: false })) };
  }
}

/** Sentences of a task that ask for no tool find none, and are left out beside others that do. */
function withoutIdleTalk(found: readonly FoundNeed[]): readonly FoundNeed[] {
  const useful = found.filter(({ hits }) => hits.length > 0);
  return useful.length > 0 ? useful : found.slice(0, 1);
}

const isHopeless = ({ hits }: NeedAnswer): boolean => hits.every(({ confidence }) => confidence === "low");
