import type { EmbeddingsSettings, GatewaySettings, ModelEndpoint } from "../model/registry-snapshot.ts";
import { Secret } from "../model/secret.ts";
import { digestOf } from "./digest.ts";
import { urlFault } from "./endpoint-url.ts";
import type { VariableWorld } from "./expand-entry.ts";
import { expandFields } from "./expand-env.ts";
import type { ProblemList } from "./problem-list.ts";
import { createResolver, LEGAL_FORMS } from "./resolve-variable.ts";
import type { WrittenSearch } from "./search-schema.ts";

/** The models beside `discover`; the digest tells a change of any value, keys included. */
export interface SearchReading extends Pick<GatewaySettings, "embeddings" | "chat"> {
  readonly digest: string;
}

/** What search means by default. */
const DEFAULTS = { batch: 64, questionMs: 150, chatMs: 60_000 } as const;
const OLLAMA_PORT = "11434";

/** Looks up the variables of `search` and checks its addresses; an endpoint whose variables are not set is left out with a warning. */
export function readSearch(written: WrittenSearch, world: VariableWorld, problems: ProblemList): SearchReading {
  const reader = new EndpointReader(world, problems);
  const embeddings = written.embeddings && reader.read("embeddings", written.embeddings);
  const chat = written.chat && reader.read("chat", written.chat);
  return {
    embeddings: embeddings && withDefaults(embeddings),
    chat: chat && { ...endpointOf(chat), timeoutMs: chat.timeoutMs ?? DEFAULTS.chatMs },
    digest: digestOf({ embeddings, chat }),
  };
}

/** What both kinds of endpoint have written. */
type WrittenEndpoint = Pick<NonNullable<WrittenSearch["chat"]>, "url" | "model" | "apiKey" | "allowHttp">;

class EndpointReader {
  readonly #world: VariableWorld;
  readonly #problems: ProblemList;

  constructor(world: VariableWorld, problems: ProblemList) {
    this.#world = world;
    this.#problems = problems;
  }

  /** The endpoint with its variables replaced; undefined when it cannot be asked, which the problems then say. */
  read<T extends WrittenEndpoint>(name: "embeddings" | "chat", written: T): T | undefined {
    const { sources, inputs, dotenv } = this.#world;
    const resolver = createResolver({ sources, inputs, reserved: [], dotenv: [dotenv] });
    const { fields, missing, faults } = expandFields(
      Object.fromEntries(Object.entries(written)),
      ["url", "model", "apiKey"],
      resolver,
    );
    for (const { path, severity, text } of faults) {
      const complaint = { path: ["search", name, ...path], text, hint: LEGAL_FORMS };
      if (severity === "error") this.#problems.error(complaint);
      else this.#problems.warn(complaint);
    }
    for (const { name: variable, field } of missing) {
      const text = `needs ${variable}, which is not set, so search.${name} is not used`;
      this.#problems.warn({ path: ["search", name, field], text });
    }
    if (missing.length > 0) return undefined;
    const read = { ...written, ...fields };
    const isFine = [this.#checkUrl(name, read), this.#checkKey(name, read)].every(Boolean);
    return isFine ? read : undefined;
  }

  #checkUrl(name: string, { url, allowHttp = false }: WrittenEndpoint): boolean {
    const fault = urlFault(url, allowHttp);
    if (fault) this.#problems.error({ path: ["search", name, "url"], ...fault });
    return fault === undefined;
  }

  #checkKey(name: string, { apiKey }: WrittenEndpoint): boolean {
    if (apiKey === undefined || /^[!-~]+$/.test(apiKey)) return true;
    const found = apiKey === "" ? "an empty value" : "other characters";
    this.#problems.error({ path: ["search", name, "apiKey"], expected: "a key of visible ASCII characters", found });
    return false;
  }
}

const endpointOf = ({ url, model, apiKey }: WrittenEndpoint): Omit<ModelEndpoint, "timeoutMs"> => ({
  url: new Secret(url),
  origin: new URL(url).origin,
  model,
  apiKey: apiKey === undefined ? undefined : new Secret(apiKey),
});

const withDefaults = (written: NonNullable<WrittenSearch["embeddings"]>): EmbeddingsSettings => ({
  ...endpointOf(written),
  api: written.api ?? guessApi(new URL(written.url)),
  enabled: written.enabled ?? "auto",
  dimensions: written.dimensions,
  batch: written.batch ?? DEFAULTS.batch,
  timeoutMs: written.timeoutMs ?? DEFAULTS.questionMs,
  queryPrefix: written.queryPrefix ?? "",
  documentPrefix: written.documentPrefix ?? "",
});

/** Ollama by its path or its port, unless the path is that of its OpenAI-compatible side. */
function guessApi({ pathname, port }: URL): EmbeddingsSettings["api"] {
  if (/\/api(?:\/|$)/.test(pathname)) return "ollama";
  return port === OLLAMA_PORT && !/\/v1(?:\/|$)/.test(pathname) ? "ollama" : "openai";
}
