import { describe, expect, test } from "vitest";
import { parseRetryAfter } from "../../../../src/transport/streamable-http/http-status.ts";
import { callTool, connect } from "../../../support/connecting.ts";
import { type Behaviour, rpcError, startScriptedHttp, status, unusedPort } from "../../../support/scripted-http.ts";

async function failureOf(behaviour: Behaviour, era: "legacy" | "modern" = "legacy"): Promise<unknown> {
  await using backend = await startScriptedHttp({ era, on: { "tools/call": behaviour } });
  await using connection = await connect(backend.url, { era });
  return await callTool(connection).catch((error: unknown) => error);
}

describe.each(["legacy", "modern"] as const)("a %s backend's refusal", (era) => {
  test.each([
    [401, "upstream_rejected", "not_executed"],
    [403, "upstream_rejected", "not_executed"],
    [404, "upstream_rejected", "not_executed"],
    [418, "upstream_rejected", "not_executed"],
    [429, "unavailable", "not_executed"],
    [500, "unavailable", "unknown"],
    [503, "unavailable", "unknown"],
  ])("with HTTP %i is %s, %s", async (httpStatus, code, outcome) => {
    expect(await failureOf(status(httpStatus), era)).toMatchObject({
      code,
      outcome,
      httpStatus,
      backend: "b",
      retryAfterMs: undefined,
    });
  });

  test.each([301, 302, 303, 307, 308])("with redirect %i is not followed and its target not repeated", async (httpStatus) => {
    const location = "http://169.254.169.254/latest?\u001b[31m";
    const failure = await failureOf(status(httpStatus, { location: encodeURI(location) }), era);
    expect(failure).toMatchObject({ code: "upstream_rejected", httpStatus, outcome: "not_executed" });
    expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain("169.254");
  });

  test("with 404 and a JSON-RPC error of ours is that error", async () => {
    expect(await failureOf(rpcError(404, -32_601, "no such method"), era)).toMatchObject({
      code: "upstream_rejected",
      rpc: { code: -32_601, message: "no such method" },
      httpStatus: undefined,
    });
  });

  test("with 400 and a JSON-RPC error of nobody keeps the error beside the status", async () => {
    expect(await failureOf(rpcError(400, -32_700, "cannot read", null), era)).toMatchObject({
      code: "upstream_rejected",
      httpStatus: 400,
      rpc: { code: -32_700, message: "cannot read" },
    });
  });
});

test("headers that do not match the body reach the caller as the backend's error", async () => {
  expect(await failureOf(rpcError(400, -32_020, "header mismatch"), "modern")).toMatchObject({ rpc: { code: -32_020 } });
});

describe("Retry-After", () => {
  test.each([429, 503])("of HTTP %i tells how long to wait", async (code) => {
    expect(await failureOf(status(code, { "retry-after": "7" }))).toMatchObject({ code: "unavailable", retryAfterMs: 7_000 });
  });

  const now = Date.UTC(2026, 9, 21, 7, 28, 0);
  test.each([
    ["120", 120_000],
    [" 0 ", 0],
    ["Wed, 21 Oct 2026 07:28:30 GMT", 30_000],
    ["Wed, 21 Oct 2026 07:00:00 GMT", 0],
    ["-5", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["apples 5", undefined],
    ["99999999999999999999", undefined],
    ["Wed, 99 Xxx 2026 07:28:30 GMT", undefined],
    [undefined, undefined],
  ])("%j is %s ms", (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});

test("a refused connection is unavailable and the call was not executed", async () => {
  const url = `http://127.0.0.1:${await unusedPort()}/mcp`;
  await expect(connect(url)).rejects.toMatchObject({ code: "unavailable", outcome: "not_executed" });
});

test("a backend that has gone away is unavailable and the call was not executed", async () => {
  const backend = await startScriptedHttp({ era: "legacy" });
  await using connection = await connect(backend.url, { era: "legacy" });
  await backend[Symbol.asyncDispose]();
  await callTool(connection).catch(() => {}); // may still find a socket that looks alive
  await expect(callTool(connection)).rejects.toMatchObject({ code: "unavailable", outcome: "not_executed" });
});

test("a header that HTTP forbids is a matter of the registry", async () => {
  await using backend = await startScriptedHttp({ era: "legacy" });
  await expect(connect(backend.url, { headers: { "x-key": "a\r\nb: c" } })).rejects.toMatchObject({ code: "needs_config" });
  expect(backend.requests).toEqual([]);
});
