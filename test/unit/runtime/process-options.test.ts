import { describe, expect, test } from "vitest";
import { z } from "zod";
import { GatewayError } from "../../../src/model/errors.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { processKind } from "../../../src/runtime/process-options.ts";

const parse = (fields: JsonObject) => processKind.parse({ id: "backend", fields, baseDir: "/home/me/project" });
// biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the registry file
const port = "${PORT}";

describe("an entry with a command", () => {
  test("speaks over its pipes unless it says otherwise", () => {
    expect(parse({ command: "npx", args: ["-y", "x"], env: { A: "1" }, cwd: "sub" })).toEqual({
      transport: "stdio",
      options: { command: "npx", args: ["-y", "x"], env: { A: "1" }, cwd: "/home/me/project/sub", http: undefined },
    });
  });

  test("runs where the registry file is by default", () => {
    expect(parse({ command: "npx" }).options).toEqual({
      command: "npx",
      args: [],
      env: {},
      cwd: "/home/me/project",
      http: undefined,
    });
  });

  test("that serves HTTP gets a path and, if it names none, a free port", () => {
    const http = (fields: JsonObject) => parse({ command: "x", transport: "http", ...fields }).options;
    expect(http({})).toMatchObject({ http: { port: undefined, path: "/mcp", headers: {} } });
    expect(http({ port: 3000, path: "/", headers: { a: "b" } })).toMatchObject({
      http: { port: 3000, path: "/", headers: { a: "b" } },
    });
  });

  test("that sets PORT to a number listens there", () => {
    const served = (env: JsonObject) => parse({ command: "x", transport: "http", env }).options;
    expect(served({ PORT: "3001" })).toMatchObject({ http: { port: 3001 } });
    for (const PORT of [port, "0", "70000", "http"]) expect(served({ PORT })).toMatchObject({ http: { port: undefined } });
  });

  test("may serve the older SSE transport", () => {
    expect(parse({ command: "x", transport: "sse" })).toMatchObject({ transport: "sse", options: { http: { path: "/sse" } } });
  });

  test("that does not serve HTTP may not use what belongs to it", () => {
    const cases: [JsonObject, RegExp][] = [
      [{ port: 1 }, /^port: /],
      [{ path: "/mcp" }, /^path: /],
      [{ args: ["a", `--port=${port}`] }, /^args\.1: \$\{PORT\} has a value only with/],
      [{ env: { LISTEN: port } }, /^env\.LISTEN: \$\{PORT\}/],
    ];
    for (const [fields, message] of cases) {
      const failure = {
        code: "invalid_argument",
        message: expect.stringMatching(message),
        hint: expect.stringContaining('"transport": "http"'),
      };
      expect(failureOf({ command: "x", ...fields })).toMatchObject(failure);
    }
  });

  test("is refused with the name of the field that is wrong", () => {
    for (const [fields, field] of [
      [{ command: "" }, "command"],
      [{ command: "x", args: ["a", 1] }, "args.1"],
      [{ command: "x", transport: "carrier-pigeon" }, "transport"],
      [{ command: "x", transport: "http", port: 65_536 }, "port"],
      [{ command: "x", transport: "http", path: "mcp" }, "path"],
      [{ command: "x", transport: "http", headers: { "not a name": "x" } }, "headers.not a name"],
      [{ command: "x", transport: "http", headers: { a: "secret\r\nb: c" } }, "headers.a"],
    ] as const) {
      const error = failureOf(fields);
      expect(error).toMatchObject({ code: "invalid_argument", message: expect.stringMatching(new RegExp(`^${field}: `)) });
      expect(error.message).not.toContain("secret");
    }
  });

  test("has a shape that makes a JSON schema with descriptions", () => {
    const schema = z.toJSONSchema(z.object(processKind.shape));
    expect(schema.required).toEqual([processKind.key]);
    for (const property of Object.values(schema.properties ?? {})) expect(property).toHaveProperty("description");
  });
});

function failureOf(fields: JsonObject): GatewayError {
  try {
    parse(fields);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error("expected a GatewayError");
}
