import { expect, test } from "vitest";
import { gate } from "../../support/fake-backend.ts";
import { settle } from "../../support/manual-clock.ts";
import { caller, entry, type House, offer, openHouse, tool } from "../../support/open-house.ts";

const read = (house: House) => house.gateway.invoke({ tool: "notes/read", args: {} }, caller());

/** A server with one call in flight, and the hand that lets it be answered. */
async function openWithCall() {
  const house = openHouse([entry("notes")]);
  const answer = gate<object>();
  offer(house.backend("notes"), [tool("read")], async () => ({ content: [], ...(await answer.promise) }));
  const inFlight = read(house);
  await settle();
  return { house, answer, inFlight };
}

test("while a server is being stopped its calls in flight finish, and new ones are told so", async () => {
  const { house, answer, inFlight } = await openWithCall();
  const stopped = house.gateway.manage("stop", "notes", caller());
  await expect(read(house)).rejects.toMatchObject({ code: "shutting_down", backend: "notes", outcome: "not_executed" });
  await expect(house.gateway.request("notes", "resources/list", {}, caller())).rejects.toMatchObject({ code: "shutting_down" });
  answer.open({ done: true });
  expect(await inFlight).toMatchObject({ done: true });
  expect((await stopped).state).toBe("stopped");
  expect(house.backend("notes").launches).toBe(1);
  expect(await read(house)).toMatchObject({ done: true }); // and one that comes later starts it again
  expect(house.backend("notes").launches).toBe(2);
  await house[Symbol.asyncDispose]();
});

test("a call that comes while a server is restarted waits for it", async () => {
  const { house, answer, inFlight } = await openWithCall();
  const restarted = house.gateway.manage("restart", "notes", caller());
  const late = read(house);
  answer.open({ done: true });
  await Promise.all([inFlight, restarted]);
  expect(await late).toMatchObject({ done: true });
  expect(house.backend("notes").launches).toBe(2);
  await house[Symbol.asyncDispose]();
});
