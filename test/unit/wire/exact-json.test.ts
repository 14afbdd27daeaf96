import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseExactly, parseLosslessly, stringifyExactly } from "../../../src/wire/exact-json.ts";
import { parseMessage } from "../../../src/wire/json-rpc.ts";
import { surveyJson } from "../../../src/wire/survey-json.ts";

const parse = (text: string) => parseExactly(text, surveyJson(Buffer.from(text), 128));
const roundTrip = (text: string): string => stringifyExactly(parseLosslessly(text));

/** A number as a careless program writes it: any length, any exponent. */
const anyNumber = fc
  .tuple(
    fc.boolean(),
    fc.bigInt({ min: 0n, max: 10n ** 40n }),
    fc.option(fc.stringMatching(/^\d{1,30}$/)),
    fc.option(fc.integer({ min: -999, max: 999 })),
  )
  .map(([minus, whole, fraction, exponent]) =>
    [minus ? "-" : "", whole, fraction === null ? "" : `.${fraction}`, exponent === null ? "" : `e${exponent}`].join(""),
  );

/** Whether two texts of numbers mean the same decimal number. */
function sameNumber(a: string, b: string): boolean {
  const [x, y] = [decimal(a), decimal(b)];
  return x.digits === y.digits && (x.digits === "0" || x.exponent === y.exponent);
}

function decimal(text: string): { digits: string; exponent: number } {
  const [, minus = "", whole = "", fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const short = digits.replace(/0+$/, "");
  if (short === "") return { digits: "0", exponent: 0 };
  return { digits: minus + short, exponent: Number(exponent) - fraction.length + digits.length - short.length };
}

describe("JSON that is read and written again", () => {
  test("keeps every number, however long, at any place", () => {
    fc.assert(
      fc.property(anyNumber, fc.string(), (number, text) => {
        const [first, key, second] = [number, JSON.stringify(text), `{"n":[${number}]}`];
        const written = roundTrip(`[${first},${key},${second}]`);
        const [, one = "", two = ""] = /^\[([^,]+),.*,\{"n":\[(.+)\]\}\]$/s.exec(written) ?? [];
        expect(sameNumber(one, number) && sameNumber(two, number), written).toBe(true);
      }),
    );
  });

  test.each(["12345678901234567890", "-9007199254740993", "1e400", "-1E-400", "0.1000000000000000055511151231257827"])(
    "writes %s as it came",
    (number) => {
      expect(roundTrip(`{"n":${number}}`)).toBe(`{"n":${number}}`);
    },
  );

  test("leaves digits in strings and keys alone", () => {
    const text = '{"12345678901234567890":"9007199254740993, \\"9007199254740993\\" 1e400","n":9007199254740993}';
    expect(roundTrip(text)).toBe(text);
  });

  test("writes a number it kept as it came even within JSON within a text, at any depth", () => {
    const value = parseLosslessly('{"n":12345678901234567890}');
    const once = JSON.stringify(value);
    expect(stringifyExactly({ text: once })).toBe('{"text":"{\\"n\\":12345678901234567890}"}');
    expect(stringifyExactly({ text: JSON.stringify({ text: once }) })).toContain(":12345678901234567890}");
  });

  test("is the same value for any JSON, lone surrogates and __proto__ among it", () => {
    const anyKey = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", "toString", "\ud800"));
    const { tree } = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constant("\udfff"),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
      ),
      tree: fc.oneof(
        { depthSize: "small" },
        tie("leaf"),
        fc.array(tie("tree")),
        fc.array(fc.tuple(anyKey, tie("tree"))).map((pairs) => Object.fromEntries(pairs)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const text = JSON.stringify(value);
        expect(roundTrip(text)).toBe(text);
      }),
    );
  });

  test("is refused when an object has a key twice, however it is written, and names it", () => {
    expect(parse('{"a":{"b":1,"c":[{"b":2}],"\\u0062":3}}')).toEqual({ problem: 'Key "b" stands twice in one object' });
    expect(parse('{"a":{"__proto__":1,"__proto__":2}}')).toEqual({ problem: expect.stringContaining('"__proto__"') });
    expect(parse('[{"a":1},{"a":"a\\":"}]')).toEqual({ value: [{ a: 1 }, { a: 'a":' }] });
  });

  test.each([
    ['{"x":{"k":1},"k":2,"z":1,"z":2}', "z"],
    ['{"x":[{"k":1}],"k":2,"z":1,"z":2}', "z"],
    ['{"a":{"b":{"k":1},"k":2,"z":1,"z":2}}', "z"],
    [`{"${"k".repeat(100)}":1,"${"k".repeat(100)}":2}`, "k".repeat(64)],
  ])("%s is refused for the key %s", (text, key) => {
    const message = `Key "${key}" stands twice in one object`;
    expect(parse(text)).toEqual({ problem: message });
    expect(() => parseLosslessly(text)).toThrow(new SyntaxError(message));
  });

  test("keeps numbers as numbers where a double is what was written", () => {
    expect(parseLosslessly("[1234567890123456,0.1,-5]")).toEqual([1234567890123456, 0.1, -5]);
  });

  test("keeps what stands between strings that end in backslashes and quotes", () => {
    const text = String.raw`["\\\\",12345678901234567890,"\\\"",12345678901234567890,"\"",12345678901234567890,"\\"]`;
    expect(roundTrip(text)).toBe(text);
  });

  test("throws for what is no number of JSON, long as it may be", () => {
    for (const text of ["01234567890123456789", "1234567890123456789.", "+1e5", "1e", "--12345678901234567890"])
      expect(() => parse(`[${text}]`), text).toThrow(SyntaxError);
  });
});

describe("a message", () => {
  const message = (params: string): string => `{"jsonrpc":"2.0","id":7,"method":"x","params":${params}}`;

  test("with a key twice is refused under its own id", () => {
    expect(parseMessage(Buffer.from(message('{"a":1,"a":2}')))).toMatchObject({
      kind: "invalid",
      id: 7,
      error: { code: -32_600, message: 'Key "a" stands twice in one object' },
    });
  });

  test("with bytes that are no UTF-8 is refused under its own id", () => {
    const [head = "", tail = ""] = message('{"a":"?"}').split("?");
    expect(parseMessage(Buffer.concat([Buffer.from(head), Buffer.from([0xc3, 0x28]), Buffer.from(tail)]))).toMatchObject({
      kind: "invalid",
      id: 7,
      error: { code: -32_600, message: "Message is not valid UTF-8" },
    });
  });

  test("of long strings with many escapes is read without recursion", () => {
    const text = JSON.stringify({ a: '\\"'.repeat(2_000_000) });
    const parsed = parseMessage(Buffer.from(message(`{"n":12345678901234567890,"t":${text}}`)));
    expect(parsed.kind).toBe("request");
  });
});
