import { describe, expect, test } from "vitest";
import { failureFacts, failureText, failureToResult } from "../../../src/faces/mcp/failure-to-result.ts";
import { type ErrorCode, GatewayError } from "../../../src/model/errors.ts";

const CODES: Readonly<Record<ErrorCode, { retryable: boolean; outcome: string }>> = {
  invalid_argument: { retryable: false, outcome: "not_executed" },
  not_found: { retryable: false, outcome: "not_executed" },
  needs_config: { retryable: false, outcome: "not_executed" },
  permission_denied: { retryable: false, outcome: "not_executed" },
  cancelled: { retryable: false, outcome: "unknown" },
  deadline_exceeded: { retryable: true, outcome: "unknown" },
  resource_exhausted: { retryable: true, outcome: "not_executed" },
  circuit_open: { retryable: true, outcome: "not_executed" },
  start_failed: { retryable: true, outcome: "not_executed" },
  unavailable: { retryable: true, outcome: "unknown" },
  upstream_protocol: { retryable: false, outcome: "unknown" },
  answer_over_limit: { retryable: false, outcome: "unknown" },
  upstream_rejected: { retryable: false, outcome: expect.any(String) },
  shutting_down: { retryable: true, outcome: "not_executed" },
  internal: { retryable: false, outcome: "unknown" },
};

describe.each(Object.entries(CODES))("%s", (code, { retryable, outcome }) => {
  const error = new GatewayError(code as ErrorCode, "Cannot do it", { backend: "notes", hint: "Do that", retryAfterMs: 40 });

  test("becomes a failed answer with text and the same as data", () => {
    expect(failureToResult(error)).toEqual({
      content: [{ type: "text", text: failureText(error) }],
      structuredContent: {
        error: { code, message: "Cannot do it", server: "notes", outcome, retryable, retryAfterMs: 40, hint: "Do that" },
      },
      isError: true,
    });
  });

  test("says in its text what, when to try again, and the next step", () => {
    const lines = failureText(error).split("\n");
    expect(lines[0]).toBe(`${code}: Cannot do it`);
    expect(lines.slice(-2)).toEqual(["Try again in 40 ms", "Do that"]);
    expect(lines.includes("Outcome unknown: the call may have run; verify before you repeat it")).toBe(
      error.outcome === "unknown",
    );
  });
});

test("what is not known is left out", () => {
  expect(failureFacts(new GatewayError("internal", "Oh"))).toEqual({
    code: "internal",
    message: "Oh",
    outcome: "unknown",
    retryable: false,
  });
});

test("the server's own words travel along: as data as they are, as text made harmless", () => {
  const rpc = { code: -32_602, message: "No \u001b[31mfile\nhere", data: { path: ["a", null] } };
  const error = new GatewayError("upstream_rejected", "It refused", { rpc });
  expect(failureFacts(error)["rpc"]).toBe(rpc);
  expect(failureText(error)).toContain("The server said: No \\u{1b}[31mfile\nhere");
});
