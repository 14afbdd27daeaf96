// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as they stand in a registry file
import { describe, expect, test } from "vitest";
import { diffSnapshots } from "../../../src/model/registry-snapshot.ts";
import { USUAL_WATCHING } from "../../../src/model/watching.ts";
import { backendOf, problemsOf, snapshotOf, unmark } from "./reading.ts";

const URL_X = '"url": "http://x/mcp"';

describe("every alias has one normal form", () => {
  test.each([
    ["a command list", '{"command": ["npx", "-y", "a"]}', { command: "npx", args: ["-y", "a"] }],
    ["a command list of one", '{"command": ["srv"], "args": ["a"]}', { command: "srv", args: ["a"] }],
    [
      "a command object",
      '{"command": {"path": "npx", "args": ["a"], "env": {"A": "1"}}}',
      { command: "npx", args: ["a"], env: { A: "1" } },
    ],
    ["environment", '{"command": "x", "environment": {"A": "1"}}', { env: { A: "1" } }],
    ["httpUrl", '{"httpUrl": "http://x/sse"}', { url: "http://x/sse", transport: "http" }],
    ["serverUrl", '{"serverUrl": "http://x/mcp"}', { url: "http://x/mcp" }],
    ["http_headers", `{${URL_X}, "http_headers": {"A": "b"}}`, { headers: { A: "b" } }],
    ["a bare list of tools", `{${URL_X}, "tools": ["a", "b_*"]}`, { tools: { allow: ["a", "b_*"] } }],
    [
      "two names that agree",
      `{${URL_X}, "serverUrl": "http://x/mcp", "type": "remote", "transport": "http"}`,
      { transport: "http" },
    ],
  ])("%s", (_, entry, options) => {
    expect(backendOf(entry).options).toMatchObject(options);
  });

  test.each([
    ["stdio", "stdio"],
    ["local", "stdio"],
    ["http", "http"],
    ["streamable-http", "http"],
    ["streamableHttp", "http"],
    ["streamable_http", "http"],
    ["remote", "http"],
    ["sse", "sse"],
  ])("type and transport %s are %s", (written, transport) => {
    expect(backendOf(`{"command": "x", "type": "${written}"}`).transport).toBe(transport);
    expect(backendOf(`{"command": "x", "transport": "${written}"}`).transport).toBe(transport);
  });

  test.each([
    ["http://x/sse", "sse"],
    ["http://x/a/sse/", "sse"],
    ["http://x/sse?key=1", "sse"],
    ["http://x/mcp", "http"],
    ["http://x/sse-not", "http"],
    ["http://x/mcp?next=/sse", "http"],
  ])("the url %s without a type speaks %s", (url, transport) => {
    expect(backendOf(`{"url": "${url}"}`).transport).toBe(transport);
  });

  test("a url that ends in /sse speaks http where the entry says so", () => {
    expect(backendOf('{"url": "http://x/sse", "type": "http"}').transport).toBe("http");
  });

  test.each([
    ["protocolEra", "auto", "auto"],
    ["protocolEra", "legacy", "legacy"],
    ["protocol", "modern", "modern"],
    ["protocol", "2025", "legacy"],
    ["protocol", "2025-11-25", "legacy"],
    ["protocol", "2024-11-05", "legacy"],
    ["protocol", "2026-07-28", "modern"],
    ["protocolEra", "2026-07-28", "modern"],
  ])("%s %s is %s", (key, written, era) => {
    expect(backendOf(`{${URL_X}, "${key}": "${written}"}`).protocolEra).toBe(era);
  });

  test.each([
    ['"disabled": true', false],
    ['"disabled": false', true],
    ['"enabled": false', false],
    ['"enabled": true', true],
    ['"enabled": false, "disabled": true', false],
  ])("%s is enabled %s", (written, enabled) => {
    expect(backendOf(`{${URL_X}, ${written}}`).enabled).toBe(enabled);
  });
});

test("an entry that says nothing gets every default", () => {
  expect(backendOf('{"command": "x"}')).toMatchObject({
    id: "a",
    runtime: "process",
    transport: "stdio",
    protocolEra: "auto",
    description: undefined,
    tags: [],
    enabled: true,
    tools: { allow: undefined, deny: [], overrides: new Map() },
    trustAnnotations: false,
    startTimeoutMs: 40_000,
    callTimeoutMs: 45_000,
    idleStopMs: 600_000,
    warm: false,
    toolsFile: undefined,
    missing: [],
    extra: {},
  });
});

test("an entry says everything about itself", () => {
  const entry = `{ ${URL_X},
    "description": "Reads", "tags": ["docs"], "enabled": false, "warm": true, "trust": {"annotations": true},
    "startTimeoutMs": 1, "callTimeoutMs": 2, "idleStopMs": 3, "toolsFile": "tools/a.json", "protocolEra": "modern",
    "tools": {"allow": ["a*"], "deny": ["ab"], "overrides": {"ac": {"readOnly": true, "idempotent": true}}, "ad": {"timeoutMs": 9, "cacheTtlMs": 0}}
  }`;
  expect(backendOf(entry)).toMatchObject({
    runtime: "remote",
    description: "Reads",
    tags: ["docs"],
    enabled: false,
    warm: true,
    trustAnnotations: true,
    startTimeoutMs: 1,
    callTimeoutMs: 2,
    idleStopMs: 3,
    toolsFile: "/reg/tools/a.json",
    protocolEra: "modern",
    tools: {
      allow: ["a*"],
      deny: ["ab"],
      overrides: new Map([
        ["ac", { readOnly: true, idempotent: true }],
        ["ad", { timeoutMs: 9, cacheTtlMs: 0 }],
      ]),
    },
  });
});

test("defaults of the file stand in for what an entry does not say", () => {
  const text = `{"defaults": {"callTimeoutMs": 7, "idleStopMs": 8, "drainMs": 9}, "servers": {"a": {${URL_X}, "idleStopMs": 1}}}`;
  const snapshot = snapshotOf(text);
  expect(snapshot.settings).toEqual({ ...USUAL_WATCHING, drainMs: 9, rememberChoices: true });
  expect(snapshot.backends.get("a")).toMatchObject({ startTimeoutMs: 40_000, callTimeoutMs: 7, idleStopMs: 1 });
});

test("comments, trailing commas and a byte order mark are read", () => {
  const text = `\uFEFF// mine\r\n{ /* all */ "mcpServers": { "a": { ${URL_X}, }, }, }\r\n`;
  expect([...snapshotOf(text).backends.keys()]).toEqual(["a"]);
});

test("a configuration of Claude Desktop is read as it is", () => {
  const text = `{"globalShortcut": "Ctrl+Q", "mcpServers": {"fs": {"command": "npx", "args": ["-y", "fs", "/home"], "env": {"A": "1"}}}}`;
  expect(snapshotOf(text).backends.get("fs")).toMatchObject({ runtime: "process", transport: "stdio" });
});

test("a configuration of VS Code is read as it is", () => {
  const text = `{"inputs": [{"type": "promptString", "id": "key", "description": "Key", "password": true}],
    "servers": {"p": {"type": "http", "url": "https://x/mcp", "headers": {"Authorization": "Bearer \${input:key}"}}}}`;
  const snapshot = snapshotOf(text, { env: { SALLYPORT_INPUT_KEY: "k" } });
  expect(snapshot.backends.get("p")).toMatchObject({ options: { headers: { Authorization: "Bearer k" } } });
  expect(snapshot.warnings).toEqual([]);
});

describe("a key nobody knows", () => {
  test.each([
    ["at the top", '{▸"default": {}, "mcpServers": {}}', "default", 'Did you mean "defaults"?'],
    [
      "in defaults",
      '{"defaults": {▸"callTimeout": 5}, "mcpServers": {}}',
      "defaults.callTimeout",
      'Did you mean "callTimeoutMs"?',
    ],
    ["in an entry", `{"mcpServers": {"a": {${URL_X}, ▸"timeout": 5}}}`, "mcpServers.a.timeout", 'Did you mean "callTimeoutMs"?'],
    [
      "in trust",
      `{"mcpServers": {"a": {${URL_X}, "trust": {▸"anotations": true}}}}`,
      "mcpServers.a.trust.anotations",
      'Did you mean "annotations"?',
    ],
    [
      "in the settings of a tool",
      `{"mcpServers": {"a": {${URL_X}, "tools": {"t": {▸"readonly": true}}}}}`,
      "mcpServers.a.tools.t.readonly",
      'Did you mean "readOnly"?',
    ],
    [
      "in a container",
      '{"mcpServers": {"a": {"container": {"image": "x", ▸"volume": []}}}}',
      "mcpServers.a.container.volume",
      'Did you mean "volumes"?',
    ],
    [
      "in an input",
      '{"inputs": [{"id": "a", ▸"pasword": true}], "mcpServers": {}}',
      "inputs[0].pasword",
      'Did you mean "password"?',
    ],
    [
      "in a command object",
      '{"mcpServers": {"a": {"command": {"path": "x", ▸"envs": {}}}}}',
      "mcpServers.a.command.envs",
      'Did you mean "env"?',
    ],
    ["of another runtime", `{"mcpServers": {"a": {${URL_X}, ▸"args": []}}}`, "mcpServers.a.args", undefined],
    ["like no other", `{"mcpServers": {"a": {${URL_X}, ▸"$%&": 1}}}`, 'mcpServers.a["$%&"]', undefined],
    ["with an escape sequence", `{"mcpServers": {"a": {${URL_X}, ▸"\\u001b[31m": 1}}}`, 'mcpServers.a["\\u{1b}[31m"]', undefined],
  ])("%s is warned about once, where it stands", (_, marked, path, hint) => {
    const { text, places } = unmark(marked);
    expect(problemsOf(text)).toMatchObject([{ severity: "warning", path, hint, ...places[0] }]);
  });

  test("is kept as it was written", () => {
    const spec = backendOf(`{${URL_X}, "autoApprove": ["a"], "trust": {"all": 1}, "x": null}`);
    expect(spec.extra).toEqual({ autoApprove: ["a"], "trust.all": 1, x: null });
  });
});

test("a misspelt rule is refused, since a tool list that does nothing would let everything through", () => {
  const { text, places } = unmark(`{"mcpServers": {"a": {${URL_X}, "tools": {"dney": ▸["rm"]}}}}`);
  expect(problemsOf(text)).toMatchObject([{ severity: "error", hint: 'Did you mean "deny"?', ...places[0] }]);
});

test.each([
  ["kubernetes", '{▸"kubernetes": {"namespace": "mcp"}}'],
  ["packages", '{"name": "io.x/w", ▸"packages": [], "remotes": []}'],
  ["remotes", '{"name": "io.x/w", ▸"remotes": []}'],
])("an entry with %s is left out with a warning, and the rest is used", (key, entry) => {
  const { text, places } = unmark(`{"mcpServers": {"later": ${entry}, "now": {${URL_X}}}}`);
  const { backends, warnings } = snapshotOf(text);
  expect([...backends.keys()]).toEqual(["now"]);
  expect(warnings).toMatchObject([{ severity: "warning", path: `mcpServers.later.${key}`, found: key, ...places[0] }]);
});

describe("the digest of a backend", () => {
  const digest = (entry: string, env = {}) => backendOf(entry, { env }).digest;

  test("is the same for the same meaning", () => {
    const [a, b] = [
      '{"url": "http://x", "headers": {"A": "1", "B": "2"}}',
      '{"headers": {"B": "2", "A": "1"}, "serverUrl": "http://x"} // c\n',
    ];
    expect(digest(a)).toBe(digest(b));
  });

  test("stays with a key that has no effect", () => {
    expect(digest('{"url": "http://x", "note": 1}')).toBe(digest('{"url": "http://x"}'));
  });

  test.each([
    ["an argument", '{"command": "x", "args": ["a"]}', '{"command": "x", "args": ["b"]}'],
    ["a rule", `{${URL_X}, "tools": {"t": {"readOnly": true}}}`, `{${URL_X}, "tools": {"t": {"readOnly": false}}}`],
    ["a time", `{${URL_X}, "idleStopMs": 1}`, `{${URL_X}, "idleStopMs": 2}`],
    ["a header", '{"url": "http://x", "headers": {"A": "1"}}', '{"url": "http://x", "headers": {"A": "2"}}'],
  ])("changes with %s", (_, before, after) => {
    expect(digest(before)).not.toBe(digest(after));
  });

  test("changes with the value of a variable, also of a container", () => {
    const entry = '{"container": {"image": "x", "args": ["${V}"]}}';
    expect(digest(entry, { V: "1" })).not.toBe(digest(entry, { V: "2" }));
  });

  test("tells which backends a new file changes", () => {
    const file = (b: string) =>
      snapshotOf(`{"mcpServers": {"a": {"command": "x"}, "b": {"command": "${b}"}, "${b}": {"command": "x"}}}`);
    expect(diffSnapshots(file("old"), file("new"))).toEqual({
      added: ["new"],
      changed: ["b"],
      removed: ["old"],
      untouched: ["a"],
    });
  });
});

test("what is said about alerts and metrics holds, and the usual where nothing is", () => {
  const text = `{"alerts": {"p95Ms": {"warn": 0}, "minCalls": 3}, "metrics": {"port": 0}, "servers": {"a": {${URL_X}}}}`;
  expect(snapshotOf(text).settings).toMatchObject({
    alerts: { ...USUAL_WATCHING.alerts, p95Ms: { warn: 0, critical: 500 }, minCalls: 3 },
    metrics: { socket: false, port: 0 },
  });
});

test.each([
  ["a.sock", "/reg/a.sock"],
  ["~/a.sock", "/home/u/a.sock"],
  ["/run/a.sock", "/run/a.sock"],
])("the socket for metrics at %j is %j, wherever the gateway runs", (written, socket) => {
  const text = `{"metrics": {"socket": ${JSON.stringify(written)}}, "servers": {}}`;
  expect(snapshotOf(text).settings.metrics).toEqual({ socket, port: undefined });
});
