import { expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { caller, entry, type House, offer, openHouse, tool } from "../../support/open-house.ts";

const LONGEST_JITTER_MS = 1_000;
const RESULT: JsonObject = { content: [] };

/** A house whose server "notes" takes so long for each answer, and hangs up on a call that says "lost" once, before reading it. */
async function openNotes(answerMs: number): Promise<House> {
  const house = openHouse([entry("notes")]);
  let lost = 0;
  offer(house.backend("notes"), [tool("read")], async ({ arguments: args }) => {
    const { how } = args as JsonObject;
    if (how === "lost") lost += 1;
    if (how === "lost" && lost === 1) throw new GatewayError("unavailable", "Hung up", { outcome: "not_executed" });
    await new Promise<void>((resolve) => void house.clock.after(answerMs, resolve));
    return RESULT;
  });
  return house;
}

async function answered(house: House, answerMs: number, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const answer = house.gateway.invoke({ tool: "notes/read", args: {} }, caller());
    await house.clock.advance(answerMs);
    await answer;
  }
}

/** What becomes of a call that is lost at its first attempt, and how many attempts there were. */
async function loseOne(house: House, answerMs: number, timeoutMs: number) {
  const before = house.backend("notes").ledger.length;
  const told = house.gateway.invoke({ tool: "notes/read", args: { how: "lost" } }, caller({ timeoutMs })).then(
    () => "answered",
    (error: GatewayError) => error.code,
  );
  await house.clock.advance(LONGEST_JITTER_MS + answerMs);
  return { told: await told, attempts: house.backend("notes").ledger.slice(before) };
}

test("a retry for which the usual answer leaves no time is not begun", async () => {
  await using house = await openNotes(3_000);
  await answered(house, 3_000, 3);
  expect(await loseOne(house, 3_000, 2_900)).toEqual({ told: "unavailable", attempts: ["tools/call"] });
});

test("a retry for which the usual answer leaves time is", async () => {
  await using house = await openNotes(3_000);
  await answered(house, 3_000, 3);
  expect(await loseOne(house, 3_000, 4_100)).toEqual({ told: "answered", attempts: ["tools/call", "tools/call"] });
});

test("of a server that has answered nothing yet, nothing is presumed", async () => {
  await using house = await openNotes(500);
  expect(await loseOne(house, 500, 2_900)).toMatchObject({ told: "answered" });
});
