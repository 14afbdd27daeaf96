import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { RemoteDriver, remoteKind } from "../../../src/runtime/remote.ts";
import { requestFor, specOf } from "../../conformance/launch.ts";
import { testRuntimeDriver } from "../../conformance/runtime-driver.ts";
import { leftoversOf, newMark } from "./process-table.ts";

const parse = (fields: JsonObject) => remoteKind.parse({ id: "backend", fields, baseDir: "/" });

testRuntimeDriver("remote", () => new RemoteDriver(), {
  lasting: () => specOf(remoteKind, { url: "https://example.com/mcp" }),
  leftovers: () => leftoversOf(newMark()),
});

describe("an entry with a url", () => {
  test("is reached there, with its headers", async () => {
    const spec = specOf(remoteKind, { url: "https://example.com/mcp?key=secret", headers: { Authorization: "Bearer x" } });
    await using workload = await new RemoteDriver().launch(requestFor(spec));
    expect(workload.endpoint).toEqual({
      kind: "http",
      url: "https://example.com/mcp?key=secret",
      headers: { Authorization: "Bearer x" },
    });
    expect(workload.logTail()).toEqual([]);
    expect(workload.warmsUp).toBe(false);
  });

  test("has a replica for each of its urls", async () => {
    const spec = specOf(remoteKind, { urls: ["https://a/mcp", "https://b/mcp"], headers: { X: "1" } });
    expect(spec.replicas).toBe(2);
    const urls = [0, 1].map(async (replica) => {
      await using workload = await new RemoteDriver().launch({ ...requestFor(spec), replica });
      return workload.endpoint;
    });
    expect(await Promise.all(urls)).toEqual([
      { kind: "http", url: "https://a/mcp", headers: { X: "1" } },
      { kind: "http", url: "https://b/mcp", headers: { X: "1" } },
    ]);
  });

  test("does not show the query in its facts, where a key may be", async () => {
    await using workload = await new RemoteDriver().launch(requestFor(specOf(remoteKind, { url: "http://h:1/mcp?key=secret" })));
    expect(workload.facts).toEqual({ url: "http://h:1/mcp" });
  });

  test("speaks streamable HTTP, or SSE if it says so or its path ends in /sse", () => {
    const transport = (fields: JsonObject) => parse(fields).transport;
    expect(transport({ url: "https://a/mcp" })).toBe("http");
    expect(transport({ url: "https://a/sse" })).toBe("sse");
    expect(transport({ url: "https://a/sse/" })).toBe("sse");
    expect(transport({ url: "https://a/sse", transport: "http" })).toBe("http");
    expect(transport({ url: "https://a/x", transport: "sse" })).toBe("sse");
    expect(transport({ urls: ["https://a/sse", "https://b/sse"] })).toBe("sse");
    expect(transport({ urls: ["https://a/sse", "https://b/mcp"] })).toBe("http");
  });

  test("is refused with the name of the field that is wrong", () => {
    for (const [fields, message] of [
      [{ url: "" }, /^url: /],
      [{ url: "example.com/mcp" }, /^url: expected an http or https address$/],
      [{ url: "ftp://user:secret@a/" }, /^url: expected an http or https address$/],
      [{ url: "file:///etc/passwd" }, /^url: expected an http or https address$/],
      [{ url: "https://user:secret@a/mcp" }, /^url: credentials in the address are not supported$/],
      [{ url: "https://a/", headers: { "X Y": "secret" } }, /^headers\.X Y: /],
      [{ url: "https://a/", headers: { X: "secret\nY: 1" } }, /^headers\.X: /],
      [{ url: "https://a/", transport: "stdio" }, /^transport: /],
      [{ urls: ["https://a/", "b/mcp"] }, /^urls\.1: expected an http or https address$/],
      [{ urls: ["https://a/", "https://u:secret@b/"] }, /^urls\.1: credentials in the address are not supported$/],
    ] as const) {
      expect(() => parse(fields)).toThrow(
        expect.objectContaining({ code: "invalid_argument", message: expect.stringMatching(message) }),
      );
    }
  });
});
