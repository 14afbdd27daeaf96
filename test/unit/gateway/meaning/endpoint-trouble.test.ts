import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { vectorsName } from "../../../../src/gateway/meaning/kept-vectors.ts";
import type { StateStore } from "../../../../src/model/ports.ts";
import { Secret } from "../../../../src/model/secret.ts";
import { openFileStore } from "../../../../src/state/file-store.ts";
import { createMemoryStore } from "../../../../src/state/memory-store.ts";
import { systemClock } from "../../../../src/time/clock.ts";
import {
  answering,
  conceptVector,
  holding,
  type Misbehaviour,
  refusing,
  startEmbeddingEndpoint,
} from "../../../support/embedding-endpoint.ts";
import { caller, type House } from "../../../support/open-house.ts";
import { unusedPort } from "../../../support/scripted-http.ts";
import { tempDir } from "../../state/temp-dir.ts";
import {
  addresses,
  discover,
  embeddingsAt,
  hits,
  learned,
  meaningOf,
  offerTools,
  openMeaning,
  TOOLS,
  until,
} from "./meaning-house.ts";

const LEFT_ALONE = "the embeddings endpoint is left alone for a while: search goes by words";
const warnings = (house: House) =>
  house.log.filter(({ message }) => message === LEFT_ALONE).map(({ fields }) => fields["reason"]);

describe("an endpoint that does not answer in time", () => {
  test("costs a question 150 ms and no more, which is then answered by words", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint));
    await learned(house);
    endpoint.misbehave(holding);
    let isAnswered = false;
    const asked = discover(house, { needs: ["send mail"] }).finally(() => {
      isAnswered = true;
    });
    await until(() => endpoint.texts.includes("send mail"));
    await house.clock.advance(149);
    expect(isAnswered).toBe(false);
    await house.clock.advance(1);
    expect((await asked).results[0]?.hits[0]?.tool).toBe("post/send_mail");
    expect(warnings(house)).toEqual(["it did not answer within 150 ms"]);
    expect(await meaningOf(house)).toMatchObject({
      isOn: true,
      trouble: "it did not answer within 150 ms",
      summary: expect.stringContaining("for the moment search goes by words alone: it did not answer within 150 ms"),
    });
  });

  test("is not asked again for five seconds, then in the background, and by questions once it has answered", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint));
    await learned(house);
    await slowDown(house, endpoint);
    const asked = endpoint.requests.length;
    await house.clock.advance(4_999);
    expect(await addresses(house, "snapshot")).toEqual([]);
    expect(endpoint.requests).toHaveLength(asked);
    await house.clock.advance(1);
    expect(await addresses(house, "snapshot")).toEqual([]); // at once: it is asked behind its back
    await until(() => endpoint.requests.length === asked + 1);
    expect(await addresses(house, "snapshot")).toEqual([]);
    endpoint.misbehave(undefined);
    endpoint.release();
    await until(async () => (await meaningOf(house)).trouble === undefined);
    expect((await addresses(house, "snapshot"))[0]).toBe("studio/crop_photo");
    expect(warnings(house)).toHaveLength(1);
  });

  test("is left alone longer each time, and told of once", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint));
    await learned(house);
    await slowDown(house, endpoint);
    endpoint.misbehave(refusing(500));
    const restsMs: number[] = [];
    for (let round = 0; round < 9; round += 1) restsMs.push(await restOf(house, endpoint));
    expect(restsMs).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]);
    expect(warnings(house)).toHaveLength(1);
  });
});

/** Lets a question wait in vain. */
async function slowDown(house: House, endpoint: Awaited<ReturnType<typeof startEmbeddingEndpoint>>): Promise<void> {
  endpoint.misbehave(holding);
  const before = endpoint.requests.length;
  const asked = discover(house, { needs: ["in vain"] });
  await until(() => endpoint.requests.length > before);
  await house.clock.advance(150);
  await asked;
}

/** How long, to 1,000 ms, the endpoint is left alone although questions come every second. */
async function restOf(house: House, endpoint: Awaited<ReturnType<typeof startEmbeddingEndpoint>>): Promise<number> {
  const before = endpoint.requests.length;
  const troubled = (await meaningOf(house)).trouble;
  expect(troubled).toBeDefined();
  let waitedMs = 0;
  for (;;) {
    await house.clock.advance(1_000);
    waitedMs += 1_000;
    await discover(house, { needs: ["anything"] });
    for (let turn = 0; turn < 20; turn += 1) await house.clock.advance(0);
    if (endpoint.requests.length > before) break;
  }
  await until(async () => (await meaningOf(house)).trouble === "it answered with HTTP 500");
  for (let turn = 0; turn < 50; turn += 1) await house.clock.advance(0);
  return waitedMs;
}

test("an endpoint where nobody listens costs a question nothing", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  const store = createMemoryStore();
  await using first = openMeaning(embeddingsAt(endpoint), { store });
  await learned(first);
  await first.gateway[Symbol.asyncDispose]();
  await using house = openMeaning(embeddingsAt({ url: `http://127.0.0.1:${await unusedPort()}` }), { store });
  expect((await addresses(house, "send mail"))[0]).toBe("post/send_mail");
  expect(house.clock.now()).toBe(0);
  expect(warnings(house)).toEqual(["it cannot be reached (ECONNREFUSED)"]);
});

const vector = conceptVector("anything");

describe("a bad answer makes the endpoint count as dead, in one line", () => {
  test.each<[string, Misbehaviour, string]>([
    [
      "of another length",
      answering((texts) => ({ data: texts.map(() => ({ embedding: [1, 2, 3] })) })),
      "its vectors have 3 numbers, 64 before",
    ],
    [
      "without numbers",
      answering((texts) => ({ data: texts.map(() => ({ embedding: vector.map(() => null) })) })),
      "finite numbers",
    ],
    [
      "of one too few",
      answering((texts) => ({ data: texts.slice(1).map(() => ({ embedding: vector })) })),
      "expected 1 vectors, found 0",
    ],
    ["of another shape", answering(() => ({ vectors: [] })), 'expected "data"'],
    ["too large", answering(() => ({ data: " ".repeat(2 ** 24) })), "larger than 16 MiB"],
    ["HTTP 429", refusing(429), "it answered with HTTP 429"],
  ])("%s", async (_what, misbehaviour, reason) => {
    await using endpoint = await startEmbeddingEndpoint();
    await using house = openMeaning(embeddingsAt(endpoint));
    await learned(house);
    endpoint.misbehave(misbehaviour);
    expect((await addresses(house, "send mail now"))[0]).toBe("post/send_mail");
    expect((await addresses(house, "list the inbox"))[0]).toBe("post/list_inbox");
    expect(warnings(house)).toEqual([expect.stringContaining(reason)]);
    expect((await meaningOf(house)).trouble).toContain(reason);
  });
});

test("an endpoint that says when to come again is left alone until then", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  await using house = openMeaning(embeddingsAt(endpoint));
  await learned(house);
  endpoint.misbehave(refusing(429, { "retry-after": "60" }));
  await addresses(house, "snapshot");
  endpoint.misbehave(undefined);
  const asked = endpoint.requests.length;
  await house.clock.advance(59_999);
  await addresses(house, "snapshot");
  await house.clock.advance(0);
  expect(endpoint.requests).toHaveLength(asked);
  await house.clock.advance(1);
  await addresses(house, "snapshot");
  await until(() => endpoint.requests.length > asked);
});

test("who leaves while the endpoint is slow leaves it in good standing", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  await using house = openMeaning(embeddingsAt(endpoint));
  await learned(house);
  endpoint.misbehave(holding);
  const leaving = new AbortController();
  const asked = house.gateway.discover({ needs: ["snapshot"] }, { signal: leaving.signal });
  await until(() => endpoint.texts.includes("snapshot"));
  leaving.abort();
  await asked;
  expect((await meaningOf(house)).trouble).toBeUndefined();
});

test("documents that failed are asked for again after a rest, and those that had come are not", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  let answered = 0;
  endpoint.misbehave((request, response) => {
    answered += 1;
    return answered > 1 && refusing(503)(request, response);
  });
  await using house = openMeaning(embeddingsAt(endpoint));
  await discover(house);
  await until(async () => (await meaningOf(house)).trouble === "it answered with HTTP 503");
  endpoint.misbehave(undefined);
  const failed = endpoint.texts.length;
  await house.clock.advance(5_000);
  await until(async () => (await meaningOf(house)).tools === 10);
  expect(endpoint.texts.slice(0, 4).filter((text) => endpoint.texts.slice(4).includes(text))).toEqual([]);
  expect(new Set(endpoint.texts.slice(failed)).size).toBe(6);
});

describe("vectors on the disk", () => {
  const openStore = (directory: string) => openFileStore({ directory, clock: systemClock, onFailure: () => {} });

  test("spare the next process every question about a document, and are the owner's alone", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    const dir = await tempDir();
    await using store = await openStore(dir);
    await using first = openMeaning(embeddingsAt(endpoint), { store });
    await learned(first);
    const ranks = (await hits(first, { needs: ["climate"] })).map(({ tool }) => tool);
    await first.gateway[Symbol.asyncDispose]();
    const asked = endpoint.texts.length;
    for (const name of await readdir(dir)) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
    await using again = await openStore(dir);
    await using second = openMeaning(embeddingsAt(endpoint), { store: again });
    await learned(second);
    expect((await hits(second, { needs: ["climate"] })).map(({ tool }) => tool)).toEqual(ranks);
    expect(endpoint.texts.slice(asked)).toEqual(["umbrella", "climate"]);
  });

  test.each<[string, (text: string) => string]>([
    ["damaged", (text) => text.replace(/.$/, "A")],
    ["cut", (text) => text.slice(0, 200)],
    ["empty", () => ""],
  ])("are asked for anew where they are %s", async (_what, spoil) => {
    await using endpoint = await startEmbeddingEndpoint();
    const store = createMemoryStore();
    await using first = openMeaning(embeddingsAt(endpoint), { store });
    await learned(first);
    await first.gateway[Symbol.asyncDispose]();
    const name = vectorsName("sky");
    const good = (await store.read(name)) ?? "";
    const spoilt = spoil(good);
    expect(spoilt).not.toBe(good);
    await store.write(name, spoilt);
    const asked = endpoint.texts.length;
    await using second = openMeaning(embeddingsAt(endpoint), { store });
    await learned(second);
    await until(async () => (await meaningOf(second)).tools === 10);
    expect(endpoint.texts.slice(asked).filter((text) => text.startsWith("sky "))).toHaveLength(2);
    expect(await store.read(name)).toBe(good);
  });
});

test("another model under the old name is believed after a rest, and everything is asked of it anew", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  const store = createMemoryStore();
  await using first = openMeaning(embeddingsAt(endpoint), { store });
  await learned(first);
  await first.gateway[Symbol.asyncDispose]();
  await using longer = await startEmbeddingEndpoint((text) => [...conceptVector(text), 0.001]);
  await using house = openMeaning(embeddingsAt(longer), { store });
  await discover(house);
  await until(async () => (await meaningOf(house)).trouble === "its vectors have 65 numbers, 64 before");
  await house.clock.advance(5_000);
  await discover(house);
  await until(async () => (await meaningOf(house)).trouble === undefined && (await meaningOf(house)).tools === 10);
  await until(async () => (await hits(house, { needs: ["climate"] }))[0]?.tool === "sky/get_forecast");
  expect(new Set(longer.texts.filter((text) => text.includes(": "))).size).toBe(10);
  await house.gateway[Symbol.asyncDispose]();
  const asked = longer.texts.length;
  await using next = openMeaning(embeddingsAt(longer), { store });
  await until(async () => (await hits(next, { needs: ["climate"] }))[0]?.tool === "sky/get_forecast");
  expect(longer.texts.slice(asked)).toEqual(["climate"]);
});

test("a need cut within a character is asked for in whole characters", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  await using house = openMeaning(embeddingsAt(endpoint));
  await learned(house);
  await discover(house, { needs: [`snapshot ${"x".repeat(990)}\u{1f600}`] });
  expect(endpoint.texts.at(-1)).toMatch(/^snapshot x+\ufffd$/);
});

test("neither the key nor what was asked shows up in the log, in status or on the disk", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  const texts: string[] = [];
  const memory = createMemoryStore();
  const store = { ...memory, write: (name: string, text: string) => memory.write(name, text).finally(() => texts.push(text)) };
  const url = new Secret(`${endpoint.url}/v1?key=in-the-query`);
  await using house = openMeaning({ ...embeddingsAt(endpoint), url, apiKey: new Secret("sk-secret") }, { store });
  await learned(house);
  await discover(house, { needs: ["my private umbrella"] });
  endpoint.misbehave(refusing(401));
  await discover(house, { needs: ["my other umbrella"] });
  const seen = JSON.stringify([await house.gateway.status(), house.log, texts]);
  expect(endpoint.requests[0]).toMatchObject({ authorization: "Bearer sk-secret", path: "/v1/embeddings?key=in-the-query" });
  expect(seen).not.toMatch(/sk-secret|in-the-query|my private|my other/);
  expect(warnings(house)).toEqual(["it answered with HTTP 401"]);
});

describe("a text that the endpoint will not have", () => {
  const odd: Misbehaviour = ({ texts }, response) => {
    if (!texts.some((text) => text.includes("radar"))) return false;
    response.writeHead(400).end();
    return true;
  };

  test("is left out, and all others are embedded", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    endpoint.misbehave(odd);
    await using house = openMeaning(embeddingsAt(endpoint, { batch: 8 }));
    await learned(house);
    expect(await meaningOf(house)).toMatchObject({ tools: 9, isOn: true });
    expect(warnings(house)).toEqual([]);
    expect((await addresses(house))[0]).toBe("sky/get_forecast");
  });

  test("is none when it refuses all of them: then it is left alone", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    endpoint.misbehave(refusing(400));
    await using house = openMeaning(embeddingsAt(endpoint));
    await discover(house);
    await until(async () => (await meaningOf(house)).trouble === "it answered with HTTP 400");
    const asked = endpoint.requests.length;
    for (let turn = 0; turn < 100; turn += 1) await house.clock.advance(0);
    expect(endpoint.requests).toHaveLength(asked);
    expect(warnings(house)).toHaveLength(1);
  });
});

test("questions are answered by words at once while the endpoint is at work for us", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  await using house = openMeaning(embeddingsAt(endpoint));
  await learned(house);
  endpoint.misbehave(holding);
  offerTools(house, "sky", { ...TOOLS["sky"], find_route: "Directions on a map" });
  await house.gateway.manage("refresh", "sky", caller());
  await until(() => endpoint.texts.includes("sky find route: Directions on a map"));
  const asked = endpoint.requests.length;
  expect((await addresses(house, "send mail"))[0]).toBe("post/send_mail");
  expect(endpoint.requests).toHaveLength(asked);
  expect(warnings(house)).toEqual([]);
  endpoint.misbehave(undefined);
  endpoint.release();
  await until(async () => (await addresses(house, "which way to drive"))[0] === "sky/find_route");
});

test("a store that cannot be written or read costs nothing but the next process's time", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  const memory = createMemoryStore();
  const full = (name: string) => (name.startsWith("search/") ? Promise.reject(new Error("No space left")) : undefined);
  const store: StateStore = {
    ...memory,
    read: (name) => (name.startsWith("search/vectors") ? Promise.reject(new Error("No such disk")) : memory.read(name)),
    write: (name, text) => full(name) ?? memory.write(name, text),
  };
  await using house = openMeaning(embeddingsAt(endpoint), { store });
  await learned(house);
  expect((await addresses(house))[0]).toBe("sky/get_forecast");
  expect(house.log.filter(({ message }) => message === "vectors not kept")).toHaveLength(5);
});
