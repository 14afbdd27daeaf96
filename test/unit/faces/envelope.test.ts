import fc from "fast-check";
import { expect, test } from "vitest";
import { inModernEnvelope, inModernEnvelopeUnread } from "../../../src/faces/mcp/envelope.ts";
import type { RawObject, RawResult } from "../../../src/model/raw-result.ts";
import { scanAnswer } from "../../../src/wire/scan-answer.ts";

function raw(members: readonly (readonly [key: string, value: unknown])[]): RawResult {
  const result = `{${members.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(",")} }`;
  const found = scanAnswer(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${result}}`))?.result;
  if (!found) throw new Error(`Expected a result that can stay unread: ${result}`);
  return found;
}

const read = (result: RawObject): unknown => JSON.parse(Buffer.concat([...result.pieces]).toString("utf8"));

test("a result that was not read gets the same envelope as one that was, whatever it holds and in whatever order", () => {
  const content = fc.constant(["content", [{ type: "text", text: "héllo \u2028" }]] as const);
  const others = fc.subarray([
    ["resultType", "complete"],
    ["isError", true],
    ["structuredContent", { a: [1, null] }],
    ["x-own", "y"],
  ] as const);
  const members = fc
    .tuple(content, others)
    .chain(([first, rest]) => fc.shuffledSubarray([first, ...rest], { minLength: rest.length + 1 }));
  fc.assert(
    fc.property(members, (each) => {
      const result = raw(each);
      const told = inModernEnvelopeUnread(result);
      expect(told && read(told)).toEqual(inModernEnvelope(result.parse()));
      expect(told?.parse()).toEqual(inModernEnvelope(result.parse()));
    }),
  );
});

test("one that was shortened gets it around the _meta of ours, unread as well", () => {
  const result = raw([
    ["content", [{ type: "text", text: "long ".repeat(400) }]],
    ["isError", true],
  ]);
  const short = result.oneText()?.upTo(500, { type: "text", text: "[more]" }, { "io.sallyport/result": { pages: 4 } });
  const told = short && inModernEnvelopeUnread(short);
  expect(told && read(told)).toEqual(short && inModernEnvelope(short.parse()));
  expect(told && read(told)).toMatchObject({ isError: true, _meta: { "io.sallyport/result": { pages: 4 } } });
});

test("one with a _meta of its own has to be read", () => {
  expect(
    inModernEnvelopeUnread(
      raw([
        ["content", []],
        ["_meta", {}],
      ]),
    ),
  ).toBeUndefined();
});
