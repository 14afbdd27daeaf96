import { createServer } from "node:http";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createEmbedder } from "../../../src/inference/embedder.ts";
import { withPath } from "../../../src/inference/with-path.ts";
import type { EmbeddingsSettings } from "../../../src/model/registry-snapshot.ts";
import { Secret } from "../../../src/model/secret.ts";
import { answering, refusing, sendJson, startEmbeddingEndpoint } from "../../support/embedding-endpoint.ts";
import { gate } from "../../support/fake-backend.ts";
import { close, listen, unusedPort } from "../../support/scripted-http.ts";

const settings = (url: string, over: Partial<EmbeddingsSettings> = {}): EmbeddingsSettings => ({
  url: new Secret(url),
  origin: new URL(url).origin,
  model: "little",
  apiKey: undefined,
  timeoutMs: 150,
  api: "openai",
  enabled: "on",
  dimensions: undefined,
  batch: 64,
  queryPrefix: "",
  documentPrefix: "",
  ...over,
});

const forever = new AbortController().signal;

describe.each(["openai", "ollama"] as const)("an endpoint of %s", (api) => {
  test("gives a vector of length 1 a text, in their order, equal for equal texts", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using embedder = createEmbedder(settings(endpoint.url, { api }));
    const vectors = await embedder.embed(["rain tomorrow", "pay a bill", "rain tomorrow"], forever);
    expect(vectors).toHaveLength(3);
    expect(vectors[0]).toEqual(vectors[2]);
    expect(vectors[0]).not.toEqual(vectors[1]);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(endpoint.requests[0]).toMatchObject({
      path: api === "openai" ? "/embeddings" : "/api/embed",
      body: { model: "little" },
    });
  });

  test("is asked for the dimensions of the registry, and only for those", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    await using embedder = createEmbedder(settings(endpoint.url, { api, dimensions: 3 }));
    await expect(embedder.embed(["a"], forever)).rejects.toMatchObject({ code: "upstream_protocol" });
    expect(endpoint.requests[0]?.body["dimensions"]).toBe(3);
  });
});

test("vectors are put in order by their index, whatever order they come in", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  endpoint.misbehave(
    answering(() => ({
      data: [
        { index: 1, embedding: [0, 5] },
        { index: 0, embedding: [3, 0] },
      ],
    })),
  );
  await using embedder = createEmbedder(settings(endpoint.url));
  expect((await embedder.embed(["a", "b"], forever)).map((vector) => [...vector])).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

const GOOD = { embedding: [1, 2] };

describe("no vectors are made of", () => {
  test.each<[string, unknown, string]>([
    ["a list", [], 'expected "data" with 2 vectors'],
    ["something else", { data: "x" }, 'expected "data" with 2 vectors'],
    ["too few", { data: [GOOD] }, "expected 2 vectors, found 1"],
    ["too many", { data: [GOOD, GOOD, GOOD] }, "expected 2 vectors, found 3"],
    [
      "two of the same place",
      {
        data: [
          { ...GOOD, index: 0 },
          { ...GOOD, index: 0 },
        ],
      },
      "expected a list of numbers",
    ],
    ["a place that is none", { data: [GOOD, { ...GOOD, index: "__proto__" }] }, "expected a list of numbers"],
    ["different lengths", { data: [GOOD, { embedding: [1] }] }, "expected vectors of 2 numbers, found one of 1"],
    ["empty ones", { data: [{ embedding: [] }, { embedding: [] }] }, "numbers, found one of 0"],
    ["text in them", { data: [GOOD, { embedding: [1, "2"] }] }, "expected finite numbers"],
    ["nothing in them, as NaN becomes in JSON", { data: [GOOD, { embedding: [1, null] }] }, "expected finite numbers"],
    ["numbers too large to work with", { data: [GOOD, { embedding: [1e300, 1e300] }] }, "expected vectors with a direction"],
    ["no direction", { data: [GOOD, { embedding: [0, 0] }] }, "expected vectors with a direction"],
    ["base64", { data: [GOOD, { embedding: "AAAA" }] }, "expected a list of numbers"],
  ])("an answer with %s", async (_what, body, message) => {
    await using endpoint = await startEmbeddingEndpoint();
    endpoint.misbehave(answering(() => body));
    await using embedder = createEmbedder(settings(endpoint.url));
    await expect(embedder.embed(["a", "b"], forever)).rejects.toMatchObject({
      code: "upstream_protocol",
      message: expect.stringContaining(message),
    });
  });

  test("what is no JSON", async () => {
    await using endpoint = await startEmbeddingEndpoint();
    endpoint.misbehave((_request, response) => {
      response.end("<html>");
      return true;
    });
    await using embedder = createEmbedder(settings(endpoint.url));
    await expect(embedder.embed(["a"], forever)).rejects.toMatchObject({ message: "its answer is no JSON" });
  });

  test("an answer of more than 16 MiB, which is not read to its end", async () => {
    const cut = gate();
    const server = createServer((_request, response) => {
      response.on("close", cut.open);
      const block = " ".repeat(2 ** 20);
      const pour = (): void => {
        while (!response.destroyed && response.write(block));
        response.once("drain", pour);
      };
      pour();
    });
    const port = await listen(server);
    await using embedder = createEmbedder(settings(`http://127.0.0.1:${port}`));
    await expect(embedder.embed(["a"], forever)).rejects.toMatchObject({ message: "its answer is larger than 16 MiB" });
    await cut.promise;
    await close(server);
  });

  test.each([301, 400, 401, 404, 500])("an answer with status %i", async (httpStatus) => {
    await using endpoint = await startEmbeddingEndpoint();
    await using other = await startEmbeddingEndpoint();
    endpoint.misbehave(refusing(httpStatus, { location: `${other.url}/embeddings` }));
    await using embedder = createEmbedder(settings(endpoint.url));
    await expect(embedder.embed(["a"], forever)).rejects.toMatchObject({ code: "upstream_rejected", httpStatus });
    expect(other.requests).toEqual([]);
  });
});

test("a refusal says when to come again", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  endpoint.misbehave(refusing(429, { "retry-after": "7" }));
  await using embedder = createEmbedder(settings(endpoint.url));
  await expect(embedder.embed(["a"], forever)).rejects.toMatchObject({ httpStatus: 429, retryAfterMs: 7_000 });
});

test("nobody there is told by the system's word for it", async () => {
  await using embedder = createEmbedder(settings(`http://127.0.0.1:${await unusedPort()}`));
  await expect(embedder.embed(["a"], forever)).rejects.toMatchObject({
    code: "unavailable",
    message: "it cannot be reached (ECONNREFUSED)",
  });
});

test("the key is sent as a bearer token and shows up in no error", async () => {
  await using endpoint = await startEmbeddingEndpoint();
  const apiKey = new Secret("sk-very-secret");
  await using embedder = createEmbedder(settings(endpoint.url, { apiKey }));
  await embedder.embed(["a"], forever);
  expect(endpoint.requests[0]?.authorization).toBe("Bearer sk-very-secret");
  endpoint.misbehave((request, response) => {
    sendJson(response, { error: { message: `wrong key ${request.authorization}` } });
    return true;
  });
  const error = await embedder.embed(["my need"], forever).catch((reason: unknown) => reason);
  expect(inspect(error, { depth: 10 })).not.toMatch(/sk-very-secret|my need/);
});

test.each([
  ["http://h:1", "/embeddings", "http://h:1/embeddings"],
  ["https://h/v1/", "/embeddings", "https://h/v1/embeddings"],
  ["https://h/v1/embeddings", "/embeddings", "https://h/v1/embeddings"],
  ["http://h/api/", "/api/embed", "http://h/api/embed"],
  ["http://h/api/embed", "/api/embed", "http://h/api/embed"],
  ["https://h/chat", "/chat/completions", "https://h/chat/chat/completions"],
  ["https://h/myapi", "/api/embed", "https://h/myapi/api/embed"],
  ["https://h/openai?api-version=1", "/embeddings", "https://h/openai/embeddings?api-version=1"],
])("the address %s is asked at %s behind its own path", (base, path, whole) => {
  expect(withPath(base, path).href).toBe(whole);
});
