import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeHeaderValue,
  ModernPostHeaders,
  modernHeaders,
  ownHeaders,
} from "../../../../src/transport/streamable-http/headers.ts";

const VISIBLE = /^[\x20-\x7e]*$/;

/** What a server does with a field value: outer blanks are no part of it, a sentinel is unwrapped. */
function decode(value: string): string {
  const trimmed = value.replaceAll(/^[ \t]+|[ \t]+$/g, "");
  const wrapped = trimmed.startsWith("=?base64?") && trimmed.endsWith("?=");
  return wrapped ? Buffer.from(trimmed.slice(9, -2), "base64").toString("utf8") : trimmed;
}

describe("a header value", () => {
  test("is visible ASCII and reads back as it was, for every text", () => {
    const nasty = fc.constantFrom(
      "",
      " ",
      "a ",
      "\ta",
      "=?base64?",
      "=?base64?=",
      "=?base64?YQ==?=",
      "a\r\nb: c",
      "\0",
      "é",
      "😀",
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string(), nasty), (text) => {
        const value = encodeHeaderValue(text);
        expect(value).toMatch(VISIBLE);
        expect(decode(value)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test("stays as it is when it is plain ASCII", () => {
    expect(encodeHeaderValue("file:///a b/c?d=e")).toBe("file:///a b/c?d=e");
  });

  test("cannot hold half a surrogate pair", () => {
    expect(() => encodeHeaderValue("a\uD800b")).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  });
});

describe("the headers of a modern request", () => {
  const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };

  test.each([
    ["tools/call", { name: "größe" }, "=?base64?Z3LDtsOfZQ==?="],
    ["prompts/get", { name: "p" }, "p"],
    ["resources/read", { uri: "file:///x" }, "file:///x"],
    ["tools/list", { name: "p" }, undefined],
    ["tools/call", { name: 5 }, undefined],
    ["constructor", { name: "p" }, undefined],
  ])("%s %j names %s", (method, params, name) => {
    const headers = modernHeaders(method, { ...params, _meta: meta });
    expect(headers).toEqual({
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(name !== undefined && { "mcp-name": name }),
    });
  });

  test("a request that claims no revision has none", () => {
    expect(modernHeaders("tools/call", { name: "t" })).toEqual({});
  });
});

test("an entry cannot change the headers of the protocol or how a message is framed", () => {
  const written = { Authorization: "Bearer x", "Mcp-Session-Id": "stolen", "CONTENT-LENGTH": "1", Accept: "text/html" };
  expect(ownHeaders(written)).toEqual({ authorization: "Bearer x" });
});

test("the headers of modern requests are put together once for each tool, and told apart", () => {
  const headers = new ModernPostHeaders();
  const params = (name: unknown) => ({ name, _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } });
  const asked = ["a", "a", "b", "a", 5, "a"].map((name) => headers.of("tools/call", params(name)));
  expect(asked.map((each) => each?.["mcp-name"])).toEqual(["a", "a", "b", "a", undefined, "a"]);
  expect([1, 3, 5].every((at) => asked[at] === asked[0])).toBe(true);
  expect(headers.of("prompts/get", params("a"))).toMatchObject({ "mcp-method": "prompts/get", "mcp-name": "a" });
  expect(headers.of("tools/call", { name: "a" })).toBeUndefined();
});
