import { describe, expect, test } from "vitest";
import { problemsOf, unmark } from "./reading.ts";

/** [what, entry with ▸ where the problem stands, its path in the entry, expected, found] */
type Row = readonly [string, string, string, string, string];

const TRANSPORTS = '"stdio", "http" or "sse"';
const KINDS = "command, url or container";

const TYPES: readonly Row[] = [
  ["a list as entry", "▸[]", "", "an object", "a list"],
  ["a string as entry", '▸"npx -y x"', "", "an object", "a string"],
  ["null as entry", "▸null", "", "an object", "null"],
  ["a number as command", '{"command": ▸5}', ".command", "a string", "a number"],
  ["an empty command", '{"command": ▸""}', ".command", "some text", "an empty string"],
  ["an empty command list", '{"command": ▸[]}', ".command", "a string", "nothing"],
  ["a command object without path", '{"command": ▸{"args": []}}', ".command", "a string", "nothing"],
  ["a number in a command list", '{"command": ["npx", "-y", ▸5]}', ".command[2]", "a string", "a number"],
  ["a number first in a command list", '{"command": [▸5, "-y"]}', ".command[0]", "a string", "a number"],
  ["a number in a command object", '{"command": {"path": "x", "env": {"A": ▸1}}}', ".command.env.A", "a string", "a number"],
  ["args in one string", '{"command": "x", "args": ▸"-y z"}', ".args", "a list", "a string"],
  ["a number in args", '{"command": "x", "args": ["--port", ▸8080]}', ".args[1]", "a string", "a number"],
  ["null in args", '{"command": "x", "args": [▸null]}', ".args[0]", "a string", "null"],
  ["a list of env", '{"command": "x", "env": ▸["A=1"]}', ".env", "an object", "a list"],
  ["a number in env", '{"command": "x", "env": {"PORT": ▸8080}}', ".env.PORT", "a string", "a number"],
  ["a boolean in env", '{"command": "x", "env": {"DEBUG": ▸true}}', ".env.DEBUG", "a string", "true"],
  ["null in environment", '{"command": "x", "environment": {"A": ▸null}}', ".environment.A", "a string", "null"],
  ["= in a variable name", '{"command": "x", "env": {"A=B": ▸"1"}}', '.env["A=B"]', "a variable name without = and NUL", '"A=B"'],
  ["NUL in a value", '{"command": "x", "env": {"A": ▸"\\u0000"}}', ".env.A", "text without NUL characters", "a string"],
  ["a number as envFile", '{"command": "x", "envFile": ▸5}', ".envFile", "a string", "a number"],
  ["an empty envFile", '{"command": "x", "envFile": ▸""}', ".envFile", "some text", "an empty string"],
  ["a number as url", '{"url": ▸8080}', ".url", "a string", "a number"],
  ["a number as httpUrl", '{"httpUrl": ▸8080}', ".httpUrl", "a string", "a number"],
  ["headers in a list", '{"url": "http://x", "headers": ▸["A: b"]}', ".headers", "an object", "a list"],
  ["a number as header", '{"url": "http://x", "headers": {"X-Id": ▸5}}', ".headers.X-Id", "a string", "a number"],
  [
    "a number in http_headers",
    '{"url": "http://x", "http_headers": {"X.Id": ▸5}}',
    '.http_headers["X.Id"]',
    "a string",
    "a number",
  ],
  ["a string as container", '{"container": ▸"mcp/git"}', ".container", "an object", "a string"],
  ["a path without its slash", '{"command": "x", "path": ▸"mcp"}', ".path", 'text that starts with "/"', "a string"],
  ["an image that is none", '{"container": {"image": ▸"-it"}}', ".container.image", "an image name", "a string"],
  ["a container without image", '{"container": ▸{}}', ".container.image", "a string", "nothing"],
  ["a port out of range", '{"container": {"image": "x", "port": ▸70000}}', ".container.port", "at most 65535", "70000"],
  ["half a port", '{"container": {"image": "x", "port": ▸80.5}}', ".container.port", "a whole number", "80.5"],
  ["a port in quotes", '{"container": {"image": "x", "port": ▸"80"}}', ".container.port", "a number", "a string"],
  ["one volume without list", '{"container": {"image": "x", "volumes": ▸"/a:/b"}}', ".container.volumes", "a list", "a string"],
  ["an unknown type", '{"command": "x", "type": ▸"htpt"}', ".type", TRANSPORTS, '"htpt"'],
  ["an unknown transport", '{"command": "x", "transport": ▸"ws"}', ".transport", TRANSPORTS, '"ws"'],
  ["a number as type", '{"command": "x", "type": ▸5}', ".type", TRANSPORTS, "5"],
  ["a type in capitals", '{"command": "x", "type": ▸"HTTP"}', ".type", TRANSPORTS, '"HTTP"'],
  ["an unknown era", '{"url": "http://x", "protocolEra": ▸"old"}', ".protocolEra", '"auto", "legacy" or "modern"', '"old"'],
  [
    "a revision nobody knows",
    '{"url": "http://x", "protocol": ▸"2031-01-01"}',
    ".protocol",
    '"auto", "legacy" or "modern"',
    '"2031-01-01"',
  ],
  ["a list as description", '{"url": "http://x", "description": ▸[]}', ".description", "a string", "a list"],
  ["tags in one string", '{"url": "http://x", "tags": ▸"a,b"}', ".tags", "a list", "a string"],
  ["an empty tag", '{"url": "http://x", "tags": [▸""]}', ".tags[0]", "some text", "an empty string"],
  ["enabled in quotes", '{"url": "http://x", "enabled": ▸"false"}', ".enabled", "true or false", "a string"],
  ["disabled in quotes", '{"url": "http://x", "disabled": ▸"true"}', ".disabled", "true or false", "a string"],
  ["a number as disabled", '{"url": "http://x", "disabled": ▸0}', ".disabled", "true or false", "a number"],
  ["warm as a time", '{"url": "http://x", "warm": ▸5}', ".warm", "true or false", "a number"],
  ["trust without its object", '{"url": "http://x", "trust": ▸true}', ".trust", "an object", "true"],
  ["trust in quotes", '{"url": "http://x", "trust": {"annotations": ▸"yes"}}', ".trust.annotations", "true or false", "a string"],
  ["a time in quotes", '{"url": "http://x", "callTimeoutMs": ▸"45s"}', ".callTimeoutMs", "a number", "a string"],
  ["a time of nothing", '{"url": "http://x", "startTimeoutMs": ▸0}', ".startTimeoutMs", "at least 1", "0"],
  ["a negative time", '{"url": "http://x", "idleStopMs": ▸-5}', ".idleStopMs", "at least 1", "-5"],
  ["an endless time", '{"url": "http://x", "callTimeoutMs": ▸3e9}', ".callTimeoutMs", "at most 2147483647", "3000000000"],
  ["no replicas", '{"command": "x", "replicas": ▸0}', ".replicas", "at least 1", "0"],
  ["too many replicas", '{"command": "x", "replicas": ▸17}', ".replicas", "at most 16", "17"],
  ["half a replica", '{"command": "x", "replicas": ▸1.5}', ".replicas", "a whole number", "1.5"],
  ["replicas in quotes", '{"command": "x", "replicas": ▸"2"}', ".replicas", "a number", "a string"],
  ["an unknown affinity", '{"command": "x", "affinity": ▸"sticky"}', ".affinity", '"session" or "none"', '"sticky"'],
  ["a list as toolsFile", '{"url": "http://x", "toolsFile": ▸[]}', ".toolsFile", "a string", "a list"],
];

const TOOLS: readonly Row[] = [
  ["tools in one string", '{"url": "http://x", "tools": ▸"*"}', ".tools", "an object", "a string"],
  ["one allowed tool without list", '{"url": "http://x", "tools": {"allow": ▸"a"}}', ".tools.allow", "a list", "a string"],
  ["a number among the denied", '{"url": "http://x", "tools": {"deny": ["a", ▸5]}}', ".tools.deny[1]", "a string", "a number"],
  ["a number in a bare list", '{"url": "http://x", "tools": [▸5]}', ".tools[0]", "a string", "a number"],
  ["overrides in a list", '{"url": "http://x", "tools": {"overrides": ▸[]}}', ".tools.overrides", "an object", "a list"],
  ["a boolean as settings", '{"url": "http://x", "tools": {"git_log": ▸true}}', ".tools.git_log", "settings of a tool", "true"],
  [
    "readOnly in quotes",
    '{"url": "http://x", "tools": {"t": {"readOnly": ▸"yes"}}}',
    ".tools.t.readOnly",
    "true or false",
    "a string",
  ],
  [
    "idempotent as a number",
    '{"url": "http://x", "tools": {"overrides": {"t": {"idempotent": ▸1}}}}',
    ".tools.overrides.t.idempotent",
    "true or false",
    "a number",
  ],
  [
    "a negative cache time",
    '{"url": "http://x", "tools": {"t": {"cacheTtlMs": ▸-1}}}',
    ".tools.t.cacheTtlMs",
    "at least 0",
    "-1",
  ],
  ["a timeout of nothing", '{"url": "http://x", "tools": {"t": {"timeoutMs": ▸0}}}', ".tools.t.timeoutMs", "at least 1", "0"],
  [
    "a tool called allow",
    '{"url": "http://x", "tools": {"allow": ▸{"readOnly": true}}}',
    ".tools.allow",
    "a list of tool names",
    "settings of one tool",
  ],
  [
    "a tool called deny",
    '{"url": "http://x", "tools": {"deny": ▸{"timeoutMs": 5}}}',
    ".tools.deny",
    "a list of tool names",
    "settings of one tool",
  ],
  ["a tool in two places", '{"url": "http://x", "tools": {▸"t": {}, "overrides": {"t": {}}}}', ".tools.t", "one", "two places"],
];

const CHOICES: readonly Row[] = [
  ["an empty entry", "▸{}", "", `one of ${KINDS}`, "none of them"],
  ["an entry with another key", '▸{"env": {}}', "", `one of ${KINDS}`, "none of them"],
  ["command and url", '{"command": "x", ▸"url": "http://x"}', ".url", `exactly one of ${KINDS}`, "command and url"],
  ["command and httpUrl", '{"command": "x", ▸"httpUrl": "http://x"}', ".httpUrl", `exactly one of ${KINDS}`, "command and url"],
  [
    "container and command",
    '{▸"container": {"image": "x"}, "command": "x"}',
    ".container",
    `exactly one of ${KINDS}`,
    "command and container",
  ],
  [
    "kubernetes and url",
    '{"url": "http://x", ▸"kubernetes": {}}',
    ".kubernetes",
    `exactly one of ${KINDS}`,
    "url and kubernetes",
  ],
  ["two urls", '{"url": "http://x", ▸"serverUrl": "http://y"}', ".serverUrl", "one", "two values"],
  ["two envs", '{"command": "x", "env": {"A": "1"}, ▸"environment": {"A": "2"}}', ".environment", "one", "two values"],
  ["two transports", '{"command": "x", "type": "stdio", ▸"transport": "http"}', ".transport", "one", "two values"],
  ["two eras", '{"url": "http://x", "protocol": "2026-07-28", ▸"protocolEra": "legacy"}', ".protocolEra", "one", "two values"],
  ["on and off", '{"url": "http://x", "enabled": true, ▸"disabled": true}', ".disabled", "one", "two values"],
  ["args in two places", '{"command": ["x", "y"], ▸"args": ["z"]}', ".args", "one", "two values"],
  ["env in two places", '{"command": {"path": "x", "env": {}}, ▸"env": {"A": "1"}}', ".env", "one", "two values"],
  [
    "a transport the container contradicts",
    '{"type": ▸"http", "container": {"image": "x", "transport": "stdio"}}',
    ".type",
    '"stdio"',
    '"http"',
  ],
];

describe.each([
  ["values", TYPES],
  ["tool rules", TOOLS],
  ["choices", CHOICES],
])("the %s of a bad entry", (_, rows) => {
  test.each(rows)("%s is refused where it stands", (_what, marked, path, expected, found) => {
    const { text, places } = unmark(`{ // a comment\n  "mcpServers": {\n    "a": ${marked}\n  }\n}`);
    const errors = problemsOf(text).filter(({ severity }) => severity === "error");
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ path: `mcpServers.a${path}`, expected, found, ...places[0] });
    expect(errors[0]?.message).toMatch(/^mcpServers\.a.*[^.]$/);
  });
});
