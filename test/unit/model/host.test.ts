import { describe, expect, test } from "vitest";
import { isAtLeast, refusalOf, relayedCapabilities } from "../../../src/model/host.ts";
import type { JsonObject } from "../../../src/model/json.ts";

const form = { method: "elicitation/create", params: {} };
const url = { method: "elicitation/create", params: { mode: "url" } };
const sample = { method: "sampling/createMessage", params: {} };
const sampleWithTools = { method: "sampling/createMessage", params: { tools: [] } };
const roots = { method: "roots/list", params: {} };

describe("a host", () => {
  test.each([
    [{ elicitation: {} }, form],
    [{ elicitation: { form: {} } }, form],
    [{ elicitation: { form: { applyDefaults: true }, url: {} } }, url],
    [{ sampling: {} }, sample],
    [{ sampling: { tools: {} } }, sampleWithTools],
    [{ roots: {} }, roots],
  ])("that declared %j can be asked %j", (declared, question) => {
    expect(refusalOf(question, declared)).toBeUndefined();
  });

  test.each<[JsonObject, typeof form, number]>([
    [{}, form, -32_601],
    [{ sampling: {} }, roots, -32_601],
    [{ roots: true }, roots, -32_601],
    [{ elicitation: {} }, url, -32_602],
    [{ elicitation: { url: {} } }, form, -32_602],
    [{ elicitation: {} }, { method: "elicitation/create", params: { mode: "dance" } }, -32_602],
    [{ sampling: {} }, sampleWithTools, -32_602],
  ])("that declared %j cannot be asked %j", (declared, question, code) => {
    expect(refusalOf(question, declared)).toMatchObject({ code });
  });
});

test("what a gateway cannot relay is not passed on", () => {
  const declared = { elicitation: { form: {} }, roots: { listChanged: true }, sampling: null, tasks: {}, extensions: { x: {} } };
  expect(relayedCapabilities(declared)).toEqual({ elicitation: { form: {} }, roots: { listChanged: true } });
});

test("levels go from debug up to emergency", () => {
  expect(isAtLeast("info", "info")).toBe(true);
  expect(isAtLeast("emergency", "debug")).toBe(true);
  expect(isAtLeast("debug", "info")).toBe(false);
});
