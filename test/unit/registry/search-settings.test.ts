import { describe, expect, test } from "vitest";
import { problemsOf, snapshotOf, type World } from "./reading.ts";

const LOCAL = "http://127.0.0.1:11434";

/** A registry whose `search` says this of an endpoint. */
const file = (endpoint: object, name = "embeddings"): string =>
  JSON.stringify({ mcpServers: {}, search: { [name]: { url: LOCAL, model: "little", ...endpoint } } });

const embeddingsOf = (endpoint: object, world?: World) => snapshotOf(file(endpoint), world).settings.embeddings;

test("nothing is asked unless the registry names an endpoint", () => {
  const { settings } = snapshotOf('{"mcpServers":{},"search":{}}');
  expect([settings.embeddings, settings.chat]).toEqual([undefined, undefined]);
});

test("an endpoint is complete with its address and its model", () => {
  const settings = embeddingsOf({});
  expect({ ...settings, url: settings?.url.reveal() }).toEqual({
    url: LOCAL,
    origin: LOCAL,
    model: "little",
    apiKey: undefined,
    api: "ollama",
    enabled: "auto",
    dimensions: undefined,
    batch: 64,
    timeoutMs: 150,
    queryPrefix: "",
    documentPrefix: "",
  });
  expect(snapshotOf(file({}, "chat")).settings.chat?.timeoutMs).toBe(60_000);
});

test.each([
  ["http://localhost:11434/", "ollama"],
  ["http://localhost:11434/v1", "openai"],
  ["https://h.example/api/embed", "ollama"],
  ["https://api.openai.com/v1", "openai"],
  ["http://[::1]:8080", "openai"],
])("the address %s is asked the way of %s", (url, api) => {
  expect(embeddingsOf({ url })?.api).toBe(api);
  expect(embeddingsOf({ url, api: "openai" })?.api).toBe("openai");
});

test("variables stand for the address, the model and the key, which never prints", () => {
  const world = { env: { KEY: "sk-secret" }, files: { "/reg/.env": "HOST=https://h.example\nMODEL=large" } };
  const text = file({ url: `\${HOST}/v1?key=\${KEY}`, model: `\${MODEL}`, apiKey: `\${env:KEY}` });
  const { settings, digest } = snapshotOf(text, world);
  expect(settings.embeddings).toMatchObject({ origin: "https://h.example", model: "large" });
  expect(settings.embeddings?.apiKey?.reveal()).toBe("sk-secret");
  expect(JSON.stringify(settings)).not.toContain("sk-secret");
  expect(snapshotOf(text, { ...world, env: { KEY: "sk-other" } }).digest).not.toBe(digest);
});

test("a variable that is not set leaves the endpoint out, with a warning, and the rest in force", () => {
  const text = file({ apiKey: `\${env:KEY}` });
  expect(snapshotOf(text).settings.embeddings).toBeUndefined();
  expect(problemsOf(text)).toMatchObject([
    {
      severity: "warning",
      path: "search.embeddings.apiKey",
      message: "search.embeddings.apiKey: needs KEY, which is not set, so search.embeddings is not used",
    },
  ]);
});

describe("an address that everyone on the way can read", () => {
  test.each(["http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]/v1", "http://localhost", "http://a.localhost", "https://h"])(
    "%s is none",
    (url) => {
      expect(embeddingsOf({ url })?.url.reveal()).toBe(url);
    },
  );

  test.each(["http://h.example", "http://10.0.0.1", "http://127.0.0.1.example", "http://localhost.example", "http://[::2]"])(
    "%s is refused unless it is allowed",
    (url) => {
      expect(problemsOf(file({ url }))).toMatchObject([
        {
          severity: "error",
          path: "search.embeddings.url",
          expected: "https, or an address of this machine",
          found: "http to another machine",
          hint: expect.stringContaining("set allowHttp to true"),
        },
      ]);
      expect(embeddingsOf({ url, allowHttp: true })?.url.reveal()).toBe(url);
    },
  );
});

test.each<[string, object, string]>([
  [
    "no address",
    { url: "h.example:" },
    "search.embeddings.url: expected an http or https address such as http://127.0.0.1:11434, found h.example://",
  ],
  [
    "text",
    { url: "somewhere" },
    "search.embeddings.url: expected an http or https address such as http://127.0.0.1:11434, found text that is no address",
  ],
  [
    "a password in it",
    { url: "https://me:pw@h.example" },
    "search.embeddings.url: expected an address without user and password, found one with them",
  ],
  [
    "a key with a line end",
    { apiKey: "a\nb" },
    "search.embeddings.apiKey: expected a key of visible ASCII characters, found other characters",
  ],
  ["no model", { model: "" }, "search.embeddings.model: expected some text, found an empty string"],
  ["another way", { api: "cohere" }, 'search.embeddings.api: expected "openai" or "ollama", found "cohere"'],
  ["a batch of none", { batch: 0 }, "search.embeddings.batch: expected at least 1, found 0"],
  ["a long wait", { timeoutMs: 60_000 }, "search.embeddings.timeoutMs: expected at most 10000, found 60000"],
  ["yes", { enabled: true }, 'search.embeddings.enabled: expected "auto", "on" or "off", found true'],
  ["half a dimension", { dimensions: 1.5 }, "search.embeddings.dimensions: expected a whole number, found 1.5"],
])("%s is refused with what was expected", (_what, endpoint, message) => {
  expect(problemsOf(file(endpoint)).map((problem) => problem.message)).toEqual([message]);
});

test("a password in an address is in no message", () => {
  expect(JSON.stringify(problemsOf(file({ url: "https://me:hidden@h" })))).not.toContain("hidden");
});

test("a key nobody knows is told with the one that was meant", () => {
  expect(problemsOf(file({ dimension: 5 }))).toMatchObject([
    { path: "search.embeddings.dimension", hint: 'Did you mean "dimensions"?' },
  ]);
});
