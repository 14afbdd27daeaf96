import type { DiscoverQuery } from "../../../../src/gateway/discovery.ts";
import type { ToolCard } from "../../../../src/gateway/shown-tools.ts";
import type { BackendSpec } from "../../../../src/model/backend-spec.ts";
import type { StateStore } from "../../../../src/model/ports.ts";
import type { EmbeddingsSettings } from "../../../../src/model/registry-snapshot.ts";
import { Secret } from "../../../../src/model/secret.ts";
import { createMemoryStore } from "../../../../src/state/memory-store.ts";
import type { EmbeddingEndpoint } from "../../../support/embedding-endpoint.ts";
import { settle } from "../../../support/manual-clock.ts";
import { caller, entry, type House, offer, openHouse, snapshotOf, tool } from "../../../support/open-house.ts";

/** Tools by server: their names and what they say of themselves. */
export const TOOLS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sky: { get_forecast: "Weather forecast of a city", get_rain_radar: "Rain radar as a picture" },
  post: { send_mail: "Sends an email", list_inbox: "Lists the inbox" },
  studio: { draw_image: "Draws an image from words", crop_photo: "Crops a photo" },
  books: { create_invoice: "Creates an invoice", list_payments: "Lists payments" },
  diary: { add_appointment: "Adds an appointment to the calendar", free_slots: "Shows free slots of the calendar" },
};

/** Needs in words that no tool has, for the tools they mean. */
export const PARAPHRASES: readonly (readonly [need: string, server: string, tool: string])[] = [
  ["should I take an umbrella", "sky", "get_forecast"],
  ["will it be sunny", "sky", "get_forecast"],
  ["climate", "sky", "get_forecast"],
  ["compose correspondence", "post", "send_mail"],
  ["letter", "post", "send_mail"],
  ["snapshot", "studio", "crop_photo"],
  ["drawing", "studio", "draw_image"],
  ["make a bill", "books", "create_invoice"],
  ["write what they owe", "books", "create_invoice"],
  ["bills", "books", "list_payments"],
  ["jot into schedule", "diary", "add_appointment"],
  ["make a meeting", "diary", "add_appointment"],
];

export interface MeaningOptions {
  readonly store?: StateStore;
  readonly servers?: readonly string[];
  /** Examples in the registry. */
  readonly examples?: readonly (readonly [need: string, server: string, tool: string])[];
}

export const embeddingsAt = (
  endpoint: Pick<EmbeddingEndpoint, "url">,
  over: Partial<EmbeddingsSettings> = {},
): EmbeddingsSettings => ({
  url: new Secret(endpoint.url),
  origin: endpoint.url,
  model: "little",
  apiKey: undefined,
  timeoutMs: 150,
  api: "openai",
  enabled: "on",
  dimensions: undefined,
  batch: 4,
  queryPrefix: "",
  documentPrefix: "",
  ...over,
});

/** A house whose servers offer `TOOLS`, with a model at the endpoint; without one, search goes by words. */
export function openMeaning(embeddings: EmbeddingsSettings | undefined, options: MeaningOptions = {}): House {
  const { store = createMemoryStore(), servers = Object.keys(TOOLS), examples = [] } = options;
  const specs = servers.map((server) => entry(server, { tools: rulesOf(server, examples) }));
  const house = openHouse(specs, { store });
  for (const server of servers) offerTools(house, server, TOOLS[server] ?? {});
  setEmbeddings(house, embeddings, specs);
  return house;
}

/** Lets a server offer other tools than before. */
export const offerTools = (house: House, server: string, tools: Readonly<Record<string, string>>): void =>
  void offer(
    house.backend(server),
    Object.entries(tools).map(([name, description]) => tool(name, { description })),
  );

/** Lets the registry name another model, or none. */
export function setEmbeddings(house: House, embeddings: EmbeddingsSettings | undefined, specs: readonly BackendSpec[]): void {
  const snapshot = snapshotOf(...specs);
  house.apply({ ...snapshot, settings: { ...snapshot.settings, embeddings } });
}

function rulesOf(server: string, examples: NonNullable<MeaningOptions["examples"]>): BackendSpec["tools"] {
  const own = examples.filter(([, owner]) => owner === server);
  const tools = [...new Set(own.map(([, , name]) => name))];
  const asks = (name: string) => own.filter(([, , of]) => of === name).map(([need]) => need);
  return { allow: undefined, deny: [], overrides: new Map(tools.map((name) => [name, { examples: asks(name) }])) };
}

export const discover = (house: House, query: Partial<DiscoverQuery> = {}) =>
  house.gateway.discover({ needs: ["umbrella"], limit: 3, ...query }, caller());

export const hits = async (house: House, query: Partial<DiscoverQuery> = {}): Promise<readonly ToolCard[]> =>
  (await discover(house, query)).results.flatMap((result) => result.hits);

export const addresses = async (house: House, need = "umbrella"): Promise<readonly string[]> =>
  (await hits(house, { needs: [need] })).map((hit) => hit.tool);

export async function meaningOf(house: House) {
  const { meaning } = await house.gateway.status();
  if (!meaning) throw new Error("the registry names no model");
  return meaning;
}

/** Asks once, which begins the work, and waits until every tool has its vector and was tried. */
export async function learned(house: House): Promise<void> {
  await discover(house);
  await until(async () => (await meaningOf(house)).trial !== undefined);
}

/** Turns the event loop until something is so; real sockets are at work, so it takes some turns. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 100_000; turn += 1) {
    if (await isSo()) return;
    await settle();
  }
  throw new Error("It never came about");
}
