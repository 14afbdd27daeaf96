import { expect, test } from "vitest";
import type { AskHost } from "../../../src/model/host.ts";
import { untilAborted } from "../../support/fake-backend.ts";
import { caller, entry, type House, offer, openHouse, tool } from "../../support/open-house.ts";

const QUESTION = { method: "roots/list", params: {} };
const CALL_MS = 20_000;

/** A backend that asks its host and then waits for ever, called again and again by a host that never answers. */
async function callUntilTired(asks: number): Promise<House> {
  const house = openHouse([entry("door", { callTimeoutMs: CALL_MS })]);
  const backend = offer(house.backend("door"), [tool("knock")]);
  const { answering } = backend;
  backend.answering = async (method, params, options) => {
    if (method !== "tools/call") return await answering(method, params, options);
    for (let question = 0; question < asks; question += 1) void options.askHost?.(QUESTION, options.signal);
    return await untilAborted(options.signal);
  };
  const askHost: AskHost = () => new Promise(() => undefined);
  for (let call = 0; call < 20; call += 1) {
    const ended = house.gateway.invoke({ tool: "door/knock", args: {} }, caller({ askHost })).catch(() => undefined);
    await house.clock.advance(CALL_MS + 10_000);
    await ended;
  }
  return house;
}

test.each([
  ["a host that does not answer is not held against the server that asked it", 1, "closed"],
  ["nor if only one of its questions is open", 2, "closed"],
  ["silence of the server itself is", 0, "open"],
])("%s", async (_what, asks, breaker) => {
  await using house = await callUntilTired(asks);
  expect((await house.gateway.serverStatus("door")).guard.breaker).toBe(breaker);
});

test("a legacy server is never sent the continuation of a call: it would run the call again", async () => {
  await using house = openHouse([entry("door")]);
  offer(house.backend("door"), [tool("knock")]);
  for (const round of [{ requestState: "s" }, { inputResponses: {} }])
    await expect(house.gateway.invoke({ tool: "door/knock", args: {}, round }, caller())).rejects.toMatchObject({
      code: "not_found",
      outcome: "not_executed",
    });
  expect(house.backend("door").ledger).not.toContain("tools/call");
});
