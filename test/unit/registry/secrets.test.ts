// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as they stand in a registry file
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { type Files, problemsOf, read, snapshotOf, type World } from "./reading.ts";

const CANARY = "sk-canary-0123456789";

const inFile: Files = {
  "/home/u/.config/sallyport/secrets/c": CANARY,
  "/run/c": CANARY,
  "/reg/.env": `D=${CANARY}`,
  "/reg/c.env": `E=${CANARY}`,
};
const world: World = { env: { C: CANARY, SALLYPORT_INPUT_C: CANARY }, files: inFile };

const forms = ["${C}", "${env:C}", "${input:c}", "${secret:c}", "${file:/run/c}", "${D}", `\${NOPE:-${CANARY}}`];

describe("a secret never shows up in what is said about a file", () => {
  test.each(forms)("where a runtime quotes the value of %s", (form) => {
    const text = JSON.stringify({ mcpServers: { a: { url: `no address ${form}` } } });
    const problems = problemsOf(text, world);
    expect(problems).toMatchObject([{ path: "mcpServers.a.url", message: expect.stringContaining(form.replace(CANARY, "…")) }]);
    expect(inspect(problems, { depth: 9 })).not.toContain(CANARY);
  });

  test.each<[string, unknown]>([
    ["in clear text in env", { url: `no address ${CANARY}`, env: { A: CANARY } }],
    ["in clear text in headers", { url: `no address ${CANARY}`, headers: { A: CANARY } }],
    ["from an envFile", { url: "no address ${E}", envFile: "c.env" }],
    ["in an envFile whose variables nobody asks for", { url: `no address ${CANARY}`, envFile: "c.env" }],
    ["as a value of a wrong type", { command: "x", env: CANARY, args: CANARY, tags: CANARY }],
    ["as the whole entry", CANARY],
    ["as an unknown key's value", { url: "http://x", token: CANARY }],
    ["inside an illegal variable", { command: "x", args: [`\${C-${CANARY}}`, `\${secret:${CANARY}!}`, `\${vault:${CANARY}}`] }],
    ["beside an illegal variable", { command: "x", args: [`${CANARY} \${a b}`] }],
    ["in a wrong header of a container", { container: { image: "x", volumes: ["${C}"] } }],
  ])("%s", (_, entry) => {
    const problems = problemsOf(JSON.stringify({ mcpServers: { a: entry } }), world);
    expect(problems).not.toEqual([]);
    expect(inspect(problems, { depth: 9 })).not.toContain(CANARY);
  });

  test.each([
    ["without quotes", `{"mcpServers": {"a": {"url": "http://x", "headers": {"A": ${CANARY}}}}}`],
    ["without its closing quote", `{"mcpServers": {"a": {"url": "http://x", "headers": {"A": "${CANARY}}}}}`],
    ["with a bad escape", `{"mcpServers": {"a": {"url": "http://x", "headers": {"A": "${CANARY}\\q"}}}}`],
  ])("in a syntax error, %s", (_, text) => {
    const reading = read(text, world);
    expect(reading.kind).toBe("refused");
    expect(inspect(reading, { depth: 9 })).not.toContain(CANARY);
  });

  test("in digests, missing values and warnings of a good file", () => {
    const text = JSON.stringify({
      mcpServers: { a: { command: "x", args: forms, env: { K: CANARY }, odd: 1 }, b: { command: "${NOPE}" } },
    });
    const { backends, ...rest } = snapshotOf(text, world);
    const told = [...backends.values()].map(({ digest, missing, id }) => ({ digest, missing, id }));
    expect(inspect({ told, rest }, { depth: 9 })).not.toContain(CANARY);
  });
});

test("files whose values went into a registry are named, absent ones too, so that a change of them can be seen", () => {
  const text = JSON.stringify({
    mcpServers: { a: { command: "x", args: ["${secret:c}", "${file:/run/none}"], envFile: "c.env" } },
  });
  expect(read(text, world).files.toSorted()).toEqual([
    "/home/u/.config/sallyport/secrets/c",
    "/reg/.env",
    "/reg/c.env",
    "/run/none",
  ]);
});
