import { describe, expect, test } from "vitest";
import type { EmbeddingsSettings } from "../../../../src/model/registry-snapshot.ts";
import { Secret } from "../../../../src/model/secret.ts";
import { createMemoryStore } from "../../../../src/state/memory-store.ts";
import { holding, noiseVector, startEmbeddingEndpoint } from "../../../support/embedding-endpoint.ts";
import { settle } from "../../../support/manual-clock.ts";
import { caller, entry } from "../../../support/open-house.ts";
import {
  addresses,
  discover,
  embeddingsAt,
  hits,
  learned,
  meaningOf,
  offerTools,
  openMeaning,
  PARAPHRASES,
  setEmbeddings,
  TOOLS,
  until,
} from "./meaning-house.ts";

describe("a tool that shares no word with the need", () => {
  test("is found by what both mean, and explain says so", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint));
    expect(await addresses(house)).toEqual([]);
    await learned(house);
    const [first] = await hits(house, { explain: true });
    expect(first).toMatchObject({ tool: "sky/get_forecast", matched: [{ field: "meaning", words: ["#1"] }] });
  });

  test("is not found without a model, and nothing is asked", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(undefined);
    expect(await addresses(house)).toEqual([]);
    expect((await house.gateway.status()).meaning).toBeUndefined();
    await using off = openMeaning(embeddingsAt(endpoint, { enabled: "off" }));
    expect(await addresses(off)).toEqual([]);
    expect((await meaningOf(off)).summary).toBe("switched off");
    expect(endpoint.requests).toEqual([]);
  });

  test("is not shown when the registry does not allow it, or another server is asked for", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint));
    await learned(house);
    const asked = await hits(house, { needs: ["an umbrella in the inbox"], server: "post" });
    expect(new Set(asked.map(({ tool }) => tool.split("/")[0]))).toEqual(new Set(["post"]));
    const tools = { allow: undefined, deny: ["get_*"], overrides: new Map() };
    const specs = Object.keys(TOOLS).map((server) => entry(server, server === "sky" ? { tools, digest: "sky anew" } : {}));
    setEmbeddings(house, embeddingsAt(endpoint), specs);
    const shown = await addresses(house, "an umbrella in the inbox");
    expect(shown[0]).toBe("post/list_inbox");
    expect(shown.join(" ")).not.toContain("sky/");
  });
});

test("an address is answered by its tool, and asks no model", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  await using house = openMeaning(embeddingsAt(endpoint));
  await learned(house);
  const before = endpoint.requests.length;
  expect((await addresses(house, "post/list_inbox"))[0]).toBe("post/list_inbox");
  expect((await addresses(house, "server:sky"))[0]).toBe("sky/get_forecast");
  expect(endpoint.requests).toHaveLength(before);
});

test("questions wait for no document: the first ones are answered by words", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  endpoint.misbehave(holding);
  await using house = openMeaning(embeddingsAt(endpoint));
  expect((await addresses(house, "send mail"))[0]).toBe("post/send_mail");
  await until(() => endpoint.requests.length > 0);
  expect((await addresses(house, "send mail"))[0]).toBe("post/send_mail");
  expect(house.clock.now()).toBe(0);
});

test("documents are asked for in batches, one at a time, and each text once", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  await using house = openMeaning(embeddingsAt(endpoint, { documentPrefix: "passage: " }));
  await learned(house);
  const documents = endpoint.requests.filter(({ texts }) => texts[0]?.startsWith("passage: "));
  expect(documents.map(({ texts }) => texts.length)).toEqual([4, 4, 2]);
  expect(new Set(endpoint.texts).size).toBe(10);
  expect(endpoint.texts).toContain("passage: post send mail: Sends an email");
});

test("a need that nobody meets is told what there is instead", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  await using house = openMeaning(embeddingsAt(endpoint));
  await learned(house);
  const { results, overview } = await discover(house, { needs: ["zebra"], limit: 10 });
  const shown = results.flatMap((result) => result.hits);
  expect(shown.length).toBeLessThan(5);
  expect(shown.every(({ confidence }) => confidence === "low")).toBe(true);
  expect(overview?.tools).toBe(10);
});

test("nothing is told of a server that is switched off, until it is switched on", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  await using house = openMeaning(undefined);
  await discover(house);
  const specs = (enabled: boolean) =>
    Object.keys(TOOLS).map((server) => entry(server, server === "sky" ? { enabled, digest: `${enabled}` } : {}));
  setEmbeddings(house, embeddingsAt(endpoint), specs(false));
  await learned(house);
  expect(endpoint.texts.filter((text) => text.startsWith("sky "))).toEqual([]);
  setEmbeddings(house, embeddingsAt(endpoint), specs(true));
  await until(async () => (await meaningOf(house)).tools === 10);
});

test("several needs are one request, equal ones are one text, and no need is asked for again", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  await using house = openMeaning(embeddingsAt(endpoint, { queryPrefix: "query: " }));
  await learned(house);
  const before = endpoint.requests.length;
  const { results } = await discover(house, { needs: ["umbrella", "snapshot", "umbrella"] });
  expect(endpoint.requests.slice(before).map(({ texts }) => texts)).toEqual([["query: umbrella", "query: snapshot"]]);
  expect(results.map((result) => result.hits[0]?.tool.split("/")[0])).toEqual(["sky", "studio", "sky"]);
  expect((await discover(house, { needs: ["umbrella", "snapshot", "umbrella"] })).results).toEqual(results);
  expect(endpoint.requests).toHaveLength(before + 1);
});

describe("the next page", () => {
  test("goes on where the first one ended, without the endpoint", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint));
    await learned(house);
    const needs = ["a letter with a snapshot and a bill"];
    const all = (await hits(house, { needs, limit: 10 })).map(({ tool }) => tool);
    const first = await discover(house, { needs, limit: 1 });
    endpoint.misbehave(holding);
    const second = await discover(house, { needs, limit: 1, cursor: first.nextCursor });
    const shown = [first, second].flatMap(({ results }) => results.flatMap((result) => result.hits.map(({ tool }) => tool)));
    expect(shown).toHaveLength(2);
    expect(shown).toEqual(all.slice(0, 2));
  });

  test("goes by words alone where the first one did", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint));
    const need = { needs: ["a calendar with an image of the inbox"], limit: 2 };
    const byWords = (await hits(house, { ...need, limit: 4 })).map(({ tool }) => tool);
    const first = await discover(house, need);
    await learned(house);
    const second = await hits(house, { ...need, cursor: first.nextCursor });
    expect(second.map(({ tool }) => tool)).toEqual(byWords.slice(2));
  });
});

describe("a change", () => {
  test("of a server's tools asks for the new one alone", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint));
    await learned(house);
    const before = endpoint.texts.length;
    offerTools(house, "sky", { ...TOOLS["sky"], find_route: "Directions on a map" });
    await house.gateway.manage("refresh", "sky", caller());
    await until(async () => (await meaningOf(house)).tools === 11);
    expect(endpoint.texts.slice(before)).toEqual(["sky find route: Directions on a map"]);
    await until(async () => (await addresses(house, "which way to drive"))[0] === "sky/find_route");
  });

  test("that takes a server out takes its tools out", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint));
    await learned(house);
    const specs = Object.keys(TOOLS).flatMap((server) => (server === "sky" ? [] : [entry(server)]));
    setEmbeddings(house, embeddingsAt(endpoint), specs);
    expect((await addresses(house)).filter((address) => address.startsWith("sky/"))).toEqual([]);
    await until(async () => (await meaningOf(house)).tools === 8);
  });

  test.each<[string, Partial<EmbeddingsSettings> | undefined]>([
    ["takes the model out", undefined],
    ["switches it off", { enabled: "off" }],
    ["names another address", { url: new Secret("http://127.0.0.1:1") }],
  ])("that %s ends what was asked of it at once", async (_what, over) => {
    await using endpoint = await startEmbeddingEndpoint();
    endpoint.misbehave(holding);
    await using house = openMeaning(embeddingsAt(endpoint));
    await discover(house);
    await until(() => endpoint.requests.length === 1);
    const specs = Object.keys(TOOLS).map((server) => entry(server));
    setEmbeddings(house, over && embeddingsAt(endpoint, over), specs);
    endpoint.misbehave(undefined);
    endpoint.release();
    if (over) expect(await meaningOf(house)).toMatchObject({ isOn: false, tools: 0 });
    for (let turn = 0; turn < 500; turn += 1) await settle();
    await house.clock.advance(60_000);
    expect(endpoint.requests).toHaveLength(1);
  });

  test("of the model asks for everything anew", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint));
    await learned(house);
    const before = endpoint.texts.length;
    setEmbeddings(
      house,
      embeddingsAt(endpoint, { model: "large" }),
      Object.keys(TOOLS).map((server) => entry(server)),
    );
    await learned(house);
    expect(endpoint.texts.length - before).toBeGreaterThanOrEqual(10);
    expect(endpoint.requests.at(-1)?.body["model"]).toBe("large");
  });
});

describe("the trial on the registry's examples", () => {
  test("turns meaning on where it finds more, and says by how much", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint, { enabled: "auto" }), { examples: PARAPHRASES });
    await learned(house);
    const { isOn, summary, trial } = await meaningOf(house);
    expect(isOn).toBe(true);
    expect(trial?.examples).toBe(PARAPHRASES.length);
    expect(trial?.both?.recallAt5).toBeGreaterThan(trial?.words?.recallAt5 ?? 1);
    expect(summary).toMatch(
      /^on, 10 tools embedded: on 12 examples it does better \(recall@5 0\.\d+ by words, [01]\.\d+ with it/,
    );
    expect((await addresses(house, "will there be rain, so an umbrella"))[0]).toMatch(/^sky\//);
  });

  test("leaves it off where the model knows nothing", async () => {
    await using endpoint = await startEmbeddingEndpoint(noiseVector);
    const examples = [...PARAPHRASES.slice(0, 4), ...wordy()];
    await using house = openMeaning(embeddingsAt(endpoint, { enabled: "auto" }), { examples });
    await learned(house);
    expect(await meaningOf(house)).toMatchObject({ isOn: false, summary: expect.stringContaining("it does no better") });
    const before = endpoint.requests.length;
    expect(await addresses(house, "snapshot")).toEqual([]);
    expect(endpoint.requests).toHaveLength(before);
  });

  test("decides nothing on fewer than ten examples", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint, { enabled: "auto" }), { examples: PARAPHRASES.slice(1, 10) });
    await learned(house);
    expect(await meaningOf(house)).toMatchObject({
      isOn: false,
      summary: "off, 10 tools embedded: 9 examples are too few to try it on, expected 10 (sallyport examples write)",
    });
    expect(await addresses(house, "umbrella")).toEqual([]);
  });

  test("is held again when examples change", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    const settings = embeddingsAt(endpoint, { enabled: "auto" });
    await using house = openMeaning(settings);
    await learned(house);
    expect((await meaningOf(house)).isOn).toBe(false);
    const specs = Object.keys(TOOLS).map((server) => {
      const own = PARAPHRASES.filter(([, owner]) => owner === server);
      const overrides = new Map(
        own.map(([, , name]) => [name, { examples: own.filter(([, , of]) => of === name).map(([need]) => need) }]),
      );
      return entry(server, { digest: `${server} anew`, tools: { allow: undefined, deny: [], overrides } });
    });
    setEmbeddings(house, settings, specs);
    await until(async () => (await meaningOf(house)).isOn);
  });

  test("is held again when tools change, without asking for its questions again", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint, { enabled: "auto" }), { examples: PARAPHRASES });
    await learned(house);
    const before = (await meaningOf(house)).trial;
    offerTools(house, "sky", { ...TOOLS["sky"], get_climate: "Sunny or not: weather, rain, forecast, temperature" });
    const asked = endpoint.texts.length;
    await house.gateway.manage("refresh", "sky", caller());
    await until(async () => (await meaningOf(house)).trial?.both?.mrr !== before?.both?.mrr);
    expect(endpoint.texts.slice(asked)).toEqual(["sky get climate: Sunny or not: weather, rain, forecast, temperature"]);
  });

  test("is not held again by the next process", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    const store = createMemoryStore();
    const options = { store, examples: PARAPHRASES };
    const settings = embeddingsAt(endpoint, { enabled: "auto" });
    await using first = openMeaning(settings, options);
    await learned(first);
    const [before, ranks] = [await meaningOf(first), await hits(first, { limit: 8 })];
    await first.gateway[Symbol.asyncDispose]();
    const asked = endpoint.texts.length;
    await using second = openMeaning(settings, options);
    const stopped = ranks.map((hit) => ({ ...hit, state: "stopped" }));
    expect(await hits(second, { limit: 8 })).toEqual(stopped); // the very first question of the process
    await learned(second);
    expect(await meaningOf(second)).toEqual(before);
    expect(endpoint.texts.slice(asked)).toEqual(["umbrella"]);
  });
});

/** Examples in the tools' own words, which words alone find. */
const wordy = () =>
  Object.entries(TOOLS).flatMap(([server, tools]) =>
    Object.entries(tools).map(([name, description]) => [description, server, name] as const),
  );
