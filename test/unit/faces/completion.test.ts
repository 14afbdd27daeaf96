import { expect, test } from "vitest";
import { prompts } from "../../../src/faces/mcp/meta-tools/prompts.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { readRaw } from "../../../src/model/raw-result.ts";
import { caller, entry, openHouse } from "../../support/open-house.ts";

function openDocs() {
  const house = openHouse([entry("docs")]);
  const asked: JsonObject[] = [];
  const backend = house.backend("docs");
  backend.capabilities = { prompts: {}, completions: {} };
  backend.answering = async (method, params) => {
    if (method !== "completion/complete") return {};
    asked.push(params);
    return { completion: { values: ["paris"], total: 1 }, "x-more": 1 };
  };
  const complete = async (args: JsonObject): Promise<JsonObject> =>
    readRaw(await prompts.run({ action: "complete", server: "docs", name: "trip", ...args }, house.gateway, caller()));
  return { house, asked, complete };
}

test("the argument given last is completed in the light of those before it, and the offers come as they are", async () => {
  const { house, asked, complete } = openDocs();
  await using _ = house;
  const answer = await complete({ arguments: { country: "France", city: "pa" } });
  expect(answer["structuredContent"]).toEqual({ completion: { values: ["paris"], total: 1 }, "x-more": 1 });
  await complete({ arguments: { city: "" } });
  const ref = { type: "ref/prompt", name: "trip" };
  expect(asked).toEqual([
    { ref, argument: { name: "city", value: "pa" }, context: { arguments: { country: "France" } } },
    { ref, argument: { name: "city", value: "" } },
  ]);
});

test.each([{}, { arguments: {} }, { arguments: { city: 1 } }])("%j has nothing to complete", async (args) => {
  const { house, asked, complete } = openDocs();
  await using _ = house;
  await expect(complete(args)).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(/^arguments: expected at least one/),
  });
  expect(asked).toEqual([]);
});

test("a server without completions is not asked for any", async () => {
  const { house, asked, complete } = openDocs();
  await using _ = house;
  house.backend("docs").capabilities = { prompts: {} };
  await expect(complete({ arguments: { city: "pa" } })).rejects.toMatchObject({
    code: "not_found",
    message: 'Server "docs" offers no completions',
  });
  expect(asked).toEqual([]);
});
