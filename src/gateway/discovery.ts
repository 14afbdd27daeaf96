import type { Catalog } from "../catalog/catalog.ts";
import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import { neutralise } from "../model/neutralise-text.ts";
import { formatToolRef, parseToolRef, type ToolRef } from "../model/tool.ts";
import type { ToolIndex } from "../search/tool-index.ts";
import { isTrustedReadOnly } from "../security/policy.ts";
import type { LearnTools } from "./learn-tools.ts";
import type { Router, ShownState } from "./router.ts";
import { signature } from "./signature.ts";

const LINE_CHARS = 160;

export interface DiscoverQuery {
  /** One capability per string. */
  readonly needs: readonly string[];
  readonly server?: string | undefined;
  /** Only tools that the registry knows to be read-only. */
  readonly readonly?: boolean | undefined;
  /** Hits per need. */
  readonly limit: number;
}

/** One tool as `discover` shows it. */
export interface ToolCard {
  /** The address that `invoke` takes. */
  readonly tool: string;
  readonly summary: string;
  readonly signature: string;
  readonly readOnly: boolean;
  readonly state: ShownState;
}

export interface DiscoverAnswer {
  /** What keeps the answer from being complete, such as a registry that cannot be read. */
  readonly notice?: string;
  readonly results: readonly { readonly need: string; readonly hits: readonly ToolCard[] }[];
  /** Servers whose tools are not known yet, each with the reason. */
  readonly unknown: readonly { readonly server: string; readonly reason: string }[];
}

export interface DescribedTool {
  readonly tool: string;
  /** Exactly as the backend sent it. */
  readonly definition: JsonObject;
  readonly readOnly: boolean;
  readonly state: ShownState;
}

export interface DescribeFailure {
  readonly tool: string;
  readonly error: GatewayError;
}

/** Both in the order in which they were asked for. */
export interface DescribeAnswer {
  readonly tools: readonly DescribedTool[];
  readonly errors: readonly DescribeFailure[];
}

/** Finds tools and shows their definitions from what is known, without a call to any backend. */
export class Discovery {
  readonly #router: Router;
  readonly #catalog: Catalog;
  readonly #index: ToolIndex;
  readonly #learn: LearnTools;

  constructor(router: Router, catalog: Catalog, index: ToolIndex, learn: LearnTools) {
    this.#router = router;
    this.#catalog = catalog;
    this.#index = index;
    this.#learn = learn;
  }

  /** Hits per need, best first. Servers never seen are started once, briefly waited for, and named when still unknown. */
  async discover(query: DiscoverQuery, signal: AbortSignal): Promise<DiscoverAnswer> {
    if (query.server !== undefined) this.#router.backend(query.server);
    const unknown = await this.#learn.learnUnknown(query.server, signal);
    await this.#index.settled();
    const filter = (server: string, tool: string) => this.#isShown({ backend: server, tool }, query.readonly === true);
    const results = query.needs.map((need) => {
      const hits = this.#index.search(need, {
        limit: query.limit,
        filter,
        ...(query.server !== undefined && { server: query.server }),
      });
      return { need, hits: hits.flatMap(({ server, tool }) => this.#card({ backend: server, tool }) ?? []) };
    });
    return { results, unknown };
  }

  /** Full definitions; a server whose tools are unknown is started for it. */
  async describe(addresses: readonly string[], signal: AbortSignal): Promise<DescribeAnswer> {
    const described = await Promise.all(addresses.map((address) => this.#tryDescribe(address, signal)));
    return {
      tools: described.filter((one): one is DescribedTool => "definition" in one),
      errors: described.filter((one): one is DescribeFailure => "error" in one),
    };
  }

  async #tryDescribe(address: string, signal: AbortSignal): Promise<DescribedTool | DescribeFailure> {
    try {
      return await this.#describeOne(parseToolRef(address), signal);
    } catch (reason) {
      return { tool: address, error: GatewayError.from(reason, signal) };
    }
  }

  async #describeOne(ref: ToolRef, signal: AbortSignal): Promise<DescribedTool> {
    const { spec } = this.#router.backend(ref.backend);
    if (!this.#router.isAllowed(ref)) this.#router.assertCallable(ref);
    await this.#learn.learnTool(ref, signal);
    const descriptor = this.#router.descriptor(ref);
    if (!descriptor) throw this.#router.noSuchTool(ref);
    return {
      tool: formatToolRef(ref),
      definition: descriptor.definition,
      readOnly: isTrustedReadOnly(spec, descriptor),
      state: this.#router.stateOf(ref.backend),
    };
  }

  #isShown(ref: ToolRef, onlyReadOnly: boolean): boolean {
    const descriptor = this.#router.descriptor(ref);
    const supervisor = this.#router.find(ref.backend);
    if (!descriptor || !supervisor || !this.#router.isAllowed(ref)) return false;
    return !onlyReadOnly || isTrustedReadOnly(supervisor.spec, descriptor);
  }

  #card(ref: ToolRef): ToolCard | undefined {
    const descriptor = this.#catalog.find(ref);
    const supervisor = this.#router.find(ref.backend);
    if (!descriptor || !supervisor) return undefined;
    return {
      tool: neutralise(formatToolRef(ref), { multiline: false }),
      summary: summaryOf(descriptor.definition),
      signature: neutralise(signature(descriptor.definition), { multiline: false }),
      readOnly: isTrustedReadOnly(supervisor.spec, descriptor),
      state: this.#router.stateOf(ref.backend),
    };
  }
}

/** The first sentence of the description, neutralised and cut to one line. */
function summaryOf(definition: JsonObject): string {
  const text = [definition["description"], definition["title"]].find((value) => typeof value === "string" && value.trim() !== "");
  const line = String(text ?? "")
    .trim()
    .split(/\n|(?<=[.!?])\s/, 1)[0];
  const clean = neutralise((line ?? "").replace(/\s+/g, " "), { multiline: false });
  return clean.length > LINE_CHARS ? `${clean.slice(0, LINE_CHARS - 1)}…` : clean;
}
