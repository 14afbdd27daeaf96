import fc from "fast-check";
import { expect, test } from "vitest";
import { VerbatimResults } from "../../../src/faces/mcp/verbatim-results.ts";

const answer = (result: Record<string, unknown>) => ({ jsonrpc: "2.0", id: 1, result }) as const;
/** What the SDK makes of our placeholder for hosts of either era. */
const LEGACY = { content: [] };
const MODERN = { content: [], resultType: "complete", _meta: { "io.modelcontextprotocol/serverInfo": { name: "sallyport" } } };
/** What a backend may send: known and unknown fields. */
const sent = fc
  .dictionary(
    fc.string().filter((key) => !["resultType", "_meta", "__proto__"].includes(key)),
    fc.jsonValue(),
  )
  .map((fields) => ({ ...fields, content: [{ type: "text", text: "a", "x-unknown": [null, 0.1] }] }));

test("toward a legacy host every result is sent byte for byte as it came", () => {
  fc.assert(
    fc.property(sent, (result) => {
      const results = new VerbatimResults();
      results.put(1, result);
      expect(JSON.stringify(results.apply(1, answer(LEGACY)))).toBe(JSON.stringify(answer(result)));
    }),
  );
});

test("toward a modern host nothing is added but the envelope", () => {
  fc.assert(
    fc.property(sent, (result) => {
      const results = new VerbatimResults();
      results.put(1, result);
      const message = results.apply(1, answer(MODERN));
      const { resultType, _meta, ...rest } = "result" in message ? message.result : {};
      expect(JSON.stringify(rest)).toBe(JSON.stringify(result));
      expect({ resultType, _meta }).toEqual({ resultType: "complete", _meta: MODERN._meta });
    }),
  );
});

test("a backend's own _meta and resultType win over the envelope's", () => {
  const results = new VerbatimResults();
  const own = { "io.modelcontextprotocol/serverInfo": { name: "backend" }, trace: 1 };
  results.put(1, { content: [], resultType: "special", _meta: own });
  expect(results.apply(1, answer(MODERN))).toEqual(answer({ content: [], resultType: "special", _meta: own }));
});

test("only the answer it was kept for carries it, once, and never an error", () => {
  const results = new VerbatimResults();
  results.put(1, { content: [1] });
  expect(results.apply(2, answer(LEGACY))).toEqual(answer(LEGACY));
  const error = { jsonrpc: "2.0", id: 1, error: { code: -1, message: "no" } } as const;
  expect(results.apply(1, error)).toBe(error);
  expect(results.apply(1, answer(LEGACY))).toEqual(answer({ content: [1] }));
  expect(results.apply(1, answer(LEGACY))).toEqual(answer(LEGACY));
});

test("an id given as text and the same as a number are two", () => {
  const results = new VerbatimResults();
  results.put("1", { content: ["text"] });
  expect(results.apply(1, answer(LEGACY))).toEqual(answer(LEGACY));
});

test("what is forgotten is not sent", () => {
  const results = new VerbatimResults();
  results.put(1, { content: [1] });
  results.forget(1);
  expect(results.apply(1, answer(LEGACY))).toEqual(answer(LEGACY));
});
