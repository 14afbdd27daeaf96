import { describe, expect, test } from "vitest";
import { definitionOf, type MetaTool } from "../../src/faces/mcp/define-meta-tool.ts";
import { GatewayError } from "../../src/model/errors.ts";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import { caller, entry, type House, openHouse } from "../support/open-house.ts";

/** Keywords for which some host drops a tool or the whole server. */
const COMPOSITION = ["$ref", "$defs", "definitions", "oneOf", "anyOf", "allOf", "not", "if", "patternProperties"];
/** For each type of the schema, values of every other type. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  string: [7, true, {}, [1], ""],
  integer: ["7", 1.5, true, {}, [], -1, 1e12],
  boolean: ["true", 1, {}, []],
  object: [7, true, "text", [1]],
  array: [7, true, {}, [], [7], [null]],
};

/** The promises every meta-tool keeps; `good` are arguments it accepts, every property among them. */
export function testMetaTool(tool: MetaTool, good: JsonObject): void {
  describe(`meta-tool "${tool.name}"`, () => {
    const properties = Object.entries(tool.properties);
    const wrongs = properties.flatMap(([name, schema]) => wrongValuesOf(schema).map((value) => [name, value] as const));

    test("has a name, a description and a flat schema that every host takes", () => {
      expect(tool.name).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(tool.description).toMatch(/^[A-Z].*[^.]$/s);
      const { inputSchema } = definitionOf(tool);
      expect(inputSchema).toMatchObject({ type: "object" });
      for (const keyword of COMPOSITION) expect(JSON.stringify(inputSchema)).not.toContain(`"${keyword}"`);
      for (const [, schema] of properties) expect(Object.keys(WRONG)).toContain(schema["type"]);
      for (const required of tool.required) expect(Object.keys(tool.properties)).toContain(required);
    });

    test("says what it may do", () => {
      const { hints } = tool;
      expect(typeof hints.readOnlyHint).toBe("boolean");
      expect(typeof hints.openWorldHint).toBe("boolean");
      if (!hints.readOnlyHint)
        expect([typeof hints.destructiveHint, typeof hints.idempotentHint]).toEqual(["boolean", "boolean"]);
    });

    test("has an example for every property", () => {
      expect(Object.keys(good).sort()).toEqual(Object.keys(tool.properties).sort());
    });

    test.runIf(wrongs.length > 0).each(wrongs)(
      "names %s when it is %j, with what was expected, and touches no server",
      async (name, value) => {
        await using house = openHouse([entry("notes")]);
        const error = await refusalOf(tool, { ...good, [name]: value }, house);
        expect(error.message.slice(0, name.length + 10)).toBe(`${name}: expected`.slice(0, name.length + 10));
        expect(error.message).toContain(`found ${JSON.stringify(value)}`);
        expect(house.backend("notes").ledger).toEqual([]);
      },
    );

    test.runIf(tool.required.length > 0).each(tool.required.map((name) => [name]))(
      "names %s when it is missing",
      async (name) => {
        await using house = openHouse([entry("notes")]);
        const { [name]: _missing, ...rest } = good;
        expect((await refusalOf(tool, rest, house)).message).toMatch(new RegExp(`^${name}: expected .*found nothing$`));
        expect(house.backend("notes").ledger).toEqual([]);
      },
    );
  });
}

function wrongValuesOf(schema: JsonObject): readonly unknown[] {
  const wrong = WRONG[String(schema["type"])] ?? [];
  const items = isJsonObject(schema["items"]) ? schema["items"]["type"] : undefined;
  const unlisted = Array.isArray(schema["enum"]) ? ["something else"] : [];
  return [
    ...wrong.filter((value) => !(items === "object" && Array.isArray(value) && value.every(isJsonObject) && value.length > 0)),
    ...unlisted,
  ];
}

async function refusalOf(tool: MetaTool, args: JsonObject, house: House): Promise<GatewayError> {
  const answered = await tool.run(args, house.gateway, caller()).catch((error: unknown) => error);
  if (answered instanceof GatewayError && answered.code === "invalid_argument") return answered;
  throw new Error(`Expected a refusal of ${JSON.stringify(args)}, found ${JSON.stringify(answered)}`);
}
