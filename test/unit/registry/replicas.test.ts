import { describe, expect, test } from "vitest";
import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import type { RegistryProblem } from "../../../src/model/registry-snapshot.ts";
import { parseRegistry } from "../../../src/registry/parse-registry.ts";
import { runtimeKinds } from "../../../src/runtime/index.ts";
import { unmark } from "./reading.ts";

/** One entry `a`, read with the real runtimes. */
function read(entry: string): { readonly spec: BackendSpec | undefined; readonly problems: readonly RegistryProblem[] } {
  const text = `{"mcpServers": {"a": ${entry}}}`;
  const env = { SECOND: "https://two/mcp" };
  const reading = parseRegistry({ text, file: "/reg/r.json", kinds: runtimeKinds, env, readFile: () => ({ kind: "absent" }) });
  return reading.kind === "refused"
    ? { spec: undefined, problems: reading.problems }
    : { spec: reading.snapshot.backends.get("a"), problems: reading.snapshot.warnings };
}

describe("an entry", () => {
  test("has one replica and no affinity of its own unless it says so", () => {
    expect(read('{"command": "x"}').spec).toMatchObject({ replicas: 1, affinity: "auto" });
    expect(read('{"url": "http://x/"}').spec).toMatchObject({ replicas: 1, affinity: "auto" });
  });

  test.each([
    ['{"command": "x", "replicas": 16, "affinity": "session"}', { runtime: "process", replicas: 16, affinity: "session" }],
    ['{"command": "x", "replicas": 2, "transport": "http"}', { runtime: "process", replicas: 2 }],
    ['{"command": "x", "replicas": 1, "transport": "http", "port": 3000}', { runtime: "process", replicas: 1 }],
    ['{"container": {"image": "x"}, "replicas": 3, "affinity": "none"}', { runtime: "container", replicas: 3, affinity: "none" }],
    ['{"urls": ["http://one/mcp"]}', { runtime: "remote", replicas: 1 }],
    [
      '{"urls": ["http://one/mcp", "$' + '{SECOND}"]}',
      { runtime: "remote", replicas: 2, options: { urls: ["http://one/mcp", "https://two/mcp"], headers: {} } },
    ],
  ])("%s is taken", (entry, expected) => {
    const { spec, problems } = read(entry);
    expect(problems).toEqual([]);
    expect(spec).toMatchObject(expected);
  });

  test("with other urls or replicas is another entry", () => {
    const entries = [
      '"urls": ["http://a/"]',
      '"urls": ["http://a/", "http://b/"]',
      '"command": "x"',
      '"command": "x", "replicas": 2',
    ];
    const digests = entries.map((fields) => read(`{${fields}}`).spec?.digest);
    expect(new Set(digests).size).toBe(entries.length);
  });
});

test.each([
  ["no urls", '{"urls": ▸[]}', ".urls", "expected a list of at least 1"],
  ["17 urls", `{"urls": ▸[${Array.from({ length: 17 }, (_, n) => `"http://h${n}/"`).join()}]}`, ".urls", "a list of at most 16"],
  ["urls in one string", '{"urls": ▸"http://a/"}', ".urls", "expected a list, found a string"],
  ["an empty url among them", '{"urls": ["http://a/", ▸""]}', ".urls[1]", "expected some text"],
  ["the same url twice", '{"urls": ["http://a/x", "http://b/", ▸"HTTP://A:80/x"]}', ".urls[2]", "is listed twice"],
  ["a url that is none", '{"urls": ["http://a/", ▸"ftp://b/"]}', ".urls[1]", "expected an http or https address"],
  ["url beside urls", '{"url": "http://a/", "urls": ▸["http://b/"]}', ".urls", 'stands beside "url"'],
  ["httpUrl beside urls", '{"httpUrl": "http://a/", "urls": ▸["http://b/"]}', ".urls", 'stands beside "url"'],
  ["urls beside a command", '{"command": "x", ▸"urls": ["http://b/"]}', ".urls", "found command and urls"],
  ["replicas of a url", '{"url": "http://a/", "replicas": ▸2}', ".replicas", "is for servers that Sallyport runs"],
  ["replicas of urls", '{"urls": ["http://a/"], "replicas": ▸1}', ".replicas", "is for servers that Sallyport runs"],
  [
    "replicas on one port",
    '{"command": "x", "transport": "http", "replicas": 2, "port": ▸3000}',
    ".port",
    "several replicas cannot share",
  ],
  [
    "replicas on the port of a variable",
    '{"command": "x", "transport": "http", "replicas": 2, "env": {"PORT": ▸"3000"}}',
    ".env.PORT",
    "several replicas cannot share",
  ],
])("%s is an error in its place", (_what, marked, path, message) => {
  const { text, places } = unmark(marked);
  const { problems } = read(text);
  const [place] = places;
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ severity: "error", path: `mcpServers.a${path}`, line: place?.line });
  expect(problems[0]?.column).toBe((place?.column ?? 0) + '{"mcpServers": {"a": '.length);
  expect(problems[0]?.message).toContain(message);
});

test("a misspelt urls brings the right one", () => {
  expect(read('{"urlss": ["http://a/"]}').problems[0]?.hint).toContain('Did you mean "urls"');
});
