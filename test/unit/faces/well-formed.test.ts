import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LEGACY_VERSIONS } from "../../../src/faces/mcp/legacy-desk.ts";
import { isWellFormedNotification, isWellFormedRequest, isWellFormedResponse } from "../../../src/faces/mcp/well-formed.ts";
import { parseMessage } from "../../../src/wire/json-rpc.ts";

const odd = fc.oneof(fc.constantFrom<unknown>(null, 0, -1, 1.5, 1e300, "", "t", [], {}, true), fc.jsonValue({ maxDepth: 2 }));
const task = fc.oneof(odd, fc.record({ taskId: odd }));
const meta = fc.oneof(
  odd,
  fc.record({ progressToken: odd, "io.modelcontextprotocol/related-task": task, "x-own": odd }, { requiredKeys: [] }),
);
const params = fc.record({ _meta: meta, more: odd }, { requiredKeys: [] });
const messages = fc.record(
  {
    id: fc.oneof(fc.integer(), fc.string(), fc.constant(null)),
    method: fc.constantFrom("ping", "notifications/x"),
    params,
    result: params,
    error: fc.record({ code: odd, message: fc.string(), data: odd }, { requiredKeys: ["code", "message"] }),
  },
  { requiredKeys: [] },
);

test("of all that parses, exactly what the SDK would take is well-formed", () => {
  fc.assert(
    fc.property(messages, (members) => {
      const parsed = parseMessage(Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...members })));
      if (parsed.kind === "request") expect(isWellFormedRequest(parsed.message)).toBe(isJSONRPCRequest(parsed.message));
      if (parsed.kind === "notification")
        expect(isWellFormedNotification(parsed.message)).toBe(isJSONRPCNotification(parsed.message));
      if (parsed.kind === "response")
        expect(isWellFormedResponse(parsed.message)).toBe(
          isJSONRPCResultResponse(parsed.message) || isJSONRPCErrorResponse(parsed.message),
        );
    }),
    { numRuns: 2_000 },
  );
});

test("the desk shakes hands on the versions that the SDK knows, in its order", () => {
  expect(LEGACY_VERSIONS).toEqual(SUPPORTED_PROTOCOL_VERSIONS);
});
