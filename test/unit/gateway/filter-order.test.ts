import { beforeEach, expect, test, vi } from "vitest";
import type { CallFilter } from "../../../src/model/call.ts";
import { caller, entry, offer, openHouse, tool } from "../../support/open-house.ts";

const { passed } = vi.hoisted(() => ({ passed: [] as string[] }));

/** The filter itself, and a note of the moment a call comes by. */
const { noted } = vi.hoisted(() => ({
  noted:
    <Args extends unknown[]>(name: string, make: (...args: Args) => CallFilter) =>
    (...args: Args): CallFilter =>
    (next) => {
      const handler = make(...args)(next);
      return (call, ctx, done) => {
        passed.push(name);
        handler(call, ctx, done);
      };
    },
}));

vi.mock(import("../../../src/gateway/filters/observe.ts"), async (original) => ({
  observe: noted("observe", (await original()).observe),
}));
vi.mock(import("../../../src/gateway/filters/admission.ts"), async (original) => ({
  admission: noted("admission", (await original()).admission),
}));
vi.mock(import("../../../src/gateway/filters/deadline.ts"), async (original) => ({
  deadline: noted("deadline", (await original()).deadline),
}));
vi.mock(import("../../../src/gateway/filters/policy.ts"), async (original) => ({
  policy: noted("policy", (await original()).policy),
}));
vi.mock(import("../../../src/gateway/filters/read-only.ts"), async (original) => ({
  readOnly: noted("readOnly", (await original()).readOnly),
}));
vi.mock(import("../../../src/gateway/filters/shape-result.ts"), async (original) => ({
  shapeResult: noted("shapeResult", (await original()).shapeResult),
}));
vi.mock(import("../../../src/gateway/filters/cache.ts"), async (original) => ({
  cache: noted("cache", (await original()).cache),
}));
vi.mock(import("../../../src/gateway/filters/idempotency.ts"), async (original) => ({
  idempotency: noted("idempotency", (await original()).idempotency),
}));
vi.mock(import("../../../src/gateway/filters/bulkhead.ts"), async (original) => ({
  bulkhead: noted("bulkhead", (await original()).bulkhead),
}));
vi.mock(import("../../../src/gateway/filters/retry.ts"), async (original) => ({
  retry: noted("retry", (await original()).retry),
}));
vi.mock(import("../../../src/gateway/filters/breaker.ts"), async (original) => ({
  breaker: noted("breaker", (await original()).breaker),
}));

const ENTRANCE = ["observe", "admission", "deadline", "policy"];
const PASSAGE = ["shapeResult", "cache", "idempotency", "bulkhead", "retry", "breaker"];

beforeEach(() => void passed.splice(0));

async function openNotes() {
  const house = openHouse([entry("notes", { trustAnnotations: true })]);
  offer(house.backend("notes"), [tool("read", { annotations: { readOnlyHint: true } })]);
  return house;
}

test("a call passes the filters in the order the house prescribes", async () => {
  await using house = await openNotes();
  await house.gateway.invoke({ tool: "notes/read", args: {} }, caller());
  expect(passed).toEqual([...ENTRANCE, ...PASSAGE]);
});

test("a read-only call passes the same filters, and one more before anything is remembered, queued or sent", async () => {
  await using house = await openNotes();
  await house.gateway.invokeReadonly({ tool: "notes/read", args: {} }, caller());
  expect(passed).toEqual([...ENTRANCE, "readOnly", ...PASSAGE]);
});
