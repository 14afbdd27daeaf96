// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as they stand in a registry file
import { describe, expect, test } from "vitest";
import { backendOf, problemsOf, snapshotOf, unmark, type World } from "./reading.ts";

const SECRETS = "/home/u/.config/sallyport/secrets";

/** The first argument of a command after expansion. */
const argument = (written: string, world?: World) =>
  (backendOf(JSON.stringify({ command: "x", args: [written] }), world).options as { args: string[] }).args[0];

const secretFile = (text: string, mode: number) => ({ [`${SECRETS}/docs`]: { kind: "text", text, mode } as const });

describe("a variable that is set", () => {
  test.each<[string, string, string, World]>([
    ["of the environment", "a-${V}-b", "a-1-b", { env: { V: "1" } }],
    ["as VS Code writes it", "${env:V}", "1", { env: { V: "1" } }],
    ["to nothing", "[${V}]", "[]", { env: { V: "" } }],
    ["beside its default", "${V:-d}", "1", { env: { V: "1" } }],
    ["by its default alone", "${V:-a b/:-c}", "a b/:-c", {}],
    ["by a default that is empty", "[${V:-}]", "[]", {}],
    ["to nothing, beside its default", "${V:-d}", "d", { env: { V: "" } }],
    ["by the default of env:", "${env:V:-d}", "d", {}],
    ["twice in a string", "${A}/${B}", "1/2", { env: { A: "1", B: "2" } }],
    ["to the home directory", "${userHome}/x", "/home/u/x", {}],
    ["to the directory of the registry", "${workspaceFolder}/x", "/reg/x", {}],
    ["by .env beside the registry", "${V}", "1", { files: { "/reg/.env": "V=1" } }],
    ["by the environment rather than .env", "${V}", "2", { env: { V: "2" }, files: { "/reg/.env": "V=1" } }],
    ["in a file", "${file:/run/x}", "1", { files: { "/run/x": "1\n" } }],
    ["in a file of many lines", "${file:/run/x}", "1\n2\n", { files: { "/run/x": "1\n2\n\n" } }],
    ["in a file beside the registry", "${file:x}", "1", { files: { "/reg/x": "1\r\n" } }],
    ["in a file at home", "${file:~/x}", "1", { files: { "/home/u/x": "1" } }],
    ["as a secret in the environment", "${secret:my-docs.v1}", "1", { env: { SALLYPORT_SECRET_MY_DOCS_V1: "1" } }],
    ["as a secret in a file", "${secret:docs}", "1", { files: secretFile("1\n", 0o600) }],
    ["as a secret in a file nobody may write", "${secret:docs}", "1", { files: secretFile("1", 0o400) }],
    [
      "as a secret below XDG_CONFIG_HOME",
      "${secret:docs}",
      "1",
      { env: { XDG_CONFIG_HOME: "/xdg" }, files: { "/xdg/sallyport/secrets/docs": "1" } },
    ],
    ["as an input", "${input:my-key}", "1", { env: { SALLYPORT_INPUT_MY_KEY: "1" } }],
  ])("%s is put in its place", (_, written, value, world) => {
    expect(argument(written, world)).toBe(value);
  });

  test.each<[string, string]>([
    ["a bare name", "$HOME/x"],
    ["a dollar at the end", "5$"],
    ["braces without a dollar", "{V}"],
    ["a template of Docker", "{{server.field}}"],
    ["a variable of Windows", "%PATH%"],
    ["the port, which the runtime chooses", "--port=${PORT}"],
  ])("%s stays as written", (_, written) => {
    expect(argument(written, { env: { PORT: "1", HOME: "/home/u" } })).toBe(written);
  });

  test("what a variable brings in is not read for variables again", () => {
    expect(argument("${A}", { env: { A: "${B} $& ${file:/etc/passwd}", B: "2" } })).toBe("${B} $& ${file:/etc/passwd}");
  });

  test("a default for the port does not stand in its way", () => {
    expect(argument("${PORT:-3000}")).toBe("${PORT}");
  });

  test("an input has a default of its own", () => {
    const text = '{"inputs": [{"id": "k", "default": "d"}], "mcpServers": {"a": {"command": "x", "args": ["${input:k}"]}}}';
    expect(snapshotOf(text).backends.get("a")?.options).toMatchObject({ args: ["d"] });
  });
});

test("variables stand in every field that takes them", () => {
  const world = { env: { V: "v" } };
  const command = '{"command": "/${V}/x", "args": ["${V}"], "cwd": "/${V}", "env": {"A": "${V}"}, "toolsFile": "${V}.json"}';
  expect(backendOf(command, world)).toMatchObject({
    options: { command: "/v/x", args: ["v"], cwd: "/v", env: { A: "v" } },
    toolsFile: "/reg/v.json",
  });
  const remote = '{"url": "http://${V}/mcp", "headers": {"Authorization": "Bearer ${V}"}}';
  expect(backendOf(remote, world).options).toMatchObject({ url: "http://v/mcp", headers: { Authorization: "Bearer v" } });
  const container = '{"container": {"image": "x", "args": ["${V}"], "volumes": ["/${V}:/v"]}, "env": {"A": "${V}"}}';
  expect(backendOf(container, world).options).toMatchObject({ container: { args: ["v"], volumes: ["/v:/v"] }, env: { A: "v" } });
});

test("no other field takes variables", () => {
  const spec = backendOf('{"url": "http://x", "description": "${V}", "tags": ["${V}"], "note": "${V"}', { env: { V: "v" } });
  expect(spec).toMatchObject({ description: "${V}", tags: ["${V}"], extra: { note: "${V" }, missing: [] });
});

describe("a value nobody has set", () => {
  test.each<[string, string, string]>([
    ["a variable", "${NOPE}", "NOPE"],
    ["a variable of VS Code", "${env:NOPE}", "NOPE"],
    ["an input", "${input:notion-token}", "SALLYPORT_INPUT_NOTION_TOKEN"],
    ["a secret", "${secret:docs}", "SALLYPORT_SECRET_DOCS"],
    ["a file", "${file:/run/secrets/x}", "/run/secrets/x"],
  ])("is listed with its name: %s", (_, written, name) => {
    const spec = backendOf(JSON.stringify({ command: "x", args: ["a", `b${written}`] }));
    expect(spec.missing).toEqual([{ written, name, field: "args[1]" }]);
  });

  test("is listed for every field that needs it", () => {
    const spec = backendOf('{"url": "https://${HOST}/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}}');
    expect(spec.missing.map(({ name, field }) => [name, field])).toEqual([
      ["TOKEN", "headers.Authorization"],
      ["HOST", "url"],
    ]);
  });

  test("lists the entry even where its runtime could not read it yet", () => {
    expect(backendOf('{"url": "${BASE}/mcp"}')).toMatchObject({
      transport: "http",
      options: undefined,
      missing: [{ name: "BASE" }],
    });
    const container = '{"container": {"image": "x", "volumes": ["${DIR}:/data"]}}';
    expect(backendOf(container)).toMatchObject({ missing: [{ name: "DIR", field: "container.volumes[0]" }] });
  });

  test("changes the backend once it is set", () => {
    const entry = '{"command": "x", "args": ["${V}"]}';
    expect(backendOf(entry).digest).not.toBe(backendOf(entry, { env: { V: "${V}" } }).digest);
  });

  test.each([
    ["open to the group", 0o640],
    ["open to all", 0o604],
    ["writable by others", 0o602],
  ])("may be a secret whose file is %s", (_, mode) => {
    const text = '{"mcpServers": {"a": {"url": "http://x", "headers": {"A": "${secret:docs}"}}}}';
    const snapshot = snapshotOf(text, { files: secretFile("s3cr3t", mode) });
    expect(snapshot.backends.get("a")?.missing).toMatchObject([{ name: "SALLYPORT_SECRET_DOCS" }]);
    expect(snapshot.warnings).toMatchObject([
      { path: "mcpServers.a.headers.A", message: expect.stringContaining(`mode is 0${mode.toString(8)}`) },
    ]);
  });

  test("may be a file that is not to be read, with the reason", () => {
    const files = { "/run/x": { kind: "refused", reason: "larger than 64 KiB" } } as const;
    const [warning] = problemsOf('{"mcpServers": {"a": {"command": "x", "args": ["${file:/run/x}"]}}}', { files });
    expect(warning).toMatchObject({
      severity: "warning",
      path: "mcpServers.a.args[0]",
      message: expect.stringContaining("64 KiB"),
    });
  });
});

test.each<[string, string, string]>([
  ["an unclosed variable", "${V", "closing brace"],
  ["a variable inside another", "${A:-${B}}", "inside a variable"],
  ["an empty variable", "${}", "${…}"],
  ["a name with a blank", "${a b}", "${a…}"],
  ["a form of the shell", "${V%.x}", "${V…}"],
  ["a default of the shell without colon", "${V-d}", "${V…}"],
  ["a prefix nobody knows", "${vault:x}", "${vault:…}"],
  ["a prefix that every object has", "${constructor:x}", "${constructor:…}"],
  ["the directory of a bundle", "${__dirname}/x", "${__dirname}"],
  ["the settings of a bundle", "${user_config.x}", "${user_config…}"],
  ["a secret outside its directory", "${secret:../../x}", "secret whose name"],
  ["a secret with a path", "${secret:a/b}", "secret whose name"],
  ["a file without a name", "${file:}", "${file:}"],
])("%s is refused where it stands", (_, written, says) => {
  const { text, places } = unmark(`{"mcpServers": {"a": {"command": "x", "env": {"A": ▸${JSON.stringify(written)}}}}}`);
  const problems = problemsOf(text, { env: { A: "1", V: "1" } });
  expect(problems).toMatchObject([{ severity: "error", path: "mcpServers.a.env.A", ...places[0] }]);
  expect(problems[0]?.message).toContain(says);
});

describe("an envFile", () => {
  const entry = '{"command": "x", "args": ["${A}"], "env": {"B": "entry"}, "envFile": "${workspaceFolder}/x.env"}';

  test("gives its variables to the entry and to the backend, whose own come first", () => {
    const spec = backendOf(entry, { files: { "/reg/x.env": "A=${B}\nB=file\nC=file", "/reg/.env": "A=far" } });
    expect(spec.options).toMatchObject({ args: ["${B}"], env: { A: "${B}", B: "entry", C: "file" } });
  });

  test("gives nothing to other entries", () => {
    const text = `{"mcpServers": {"a": ${entry}, "b": {"command": "x", "args": ["\${A}"]}}}`;
    expect(snapshotOf(text, { files: { "/reg/x.env": "A=1" } }).backends.get("b")?.missing).toMatchObject([{ name: "A" }]);
  });

  test("that is not there is a missing value", () => {
    expect(backendOf('{"command": "x", "envFile": "x.env"}').missing).toEqual([
      { written: "x.env", name: "/reg/x.env", field: "envFile" },
    ]);
  });

  test("with lines that say nothing is warned about", () => {
    const text = '{"mcpServers": {"a": {"command": "x", "envFile": "x.env"}}}';
    const warnings = problemsOf(text, { files: { "/reg/x.env": "A=1\nsk-canary\n" } });
    expect(warnings).toMatchObject([{ path: "mcpServers.a.envFile", message: expect.stringContaining("line 2 of /reg/x.env") }]);
  });
});

test("the variables of .env are not given to backends that do not ask for them", () => {
  expect(backendOf('{"command": "x"}', { files: { "/reg/.env": "A=1" } }).options).not.toHaveProperty("env");
});
