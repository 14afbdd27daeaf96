import { expect, test } from "vitest";
import { CHOICES_NAME } from "../../../src/gateway/choices.ts";
import type { StateStore } from "../../../src/model/ports.ts";
import { createMemoryStore } from "../../../src/state/memory-store.ts";
import { caller, entry, type House, offer, openHouse, snapshotOf, tool } from "../../support/open-house.ts";

const DOOR = tool("open_door", { description: "Opens a door" });
const FAR_DOOR = tool("open_door", { description: "Opens one of the doors in another house entirely" });
const NEED = "open door";

function openDoors(store: StateStore = createMemoryStore()): House {
  const house = openHouse([entry("near"), entry("far")], { store });
  offer(house.backend("near"), [DOOR]);
  offer(house.backend("far"), [FAR_DOOR], async ({ arguments: args }) => ({
    content: [],
    ...(JSON.stringify(args).includes("jam") && { isError: true }),
  }));
  return house;
}

const ranked = async (house: House, need = NEED) =>
  (await house.gateway.discover({ needs: [need] }, caller())).results.flatMap(({ hits }) => hits.map((hit) => hit.tool));

async function use(house: House, times: number, args = {}): Promise<void> {
  for (let time = 0; time < times; time += 1) await house.gateway.invoke({ tool: "far/open_door", args }, caller());
}

const switchOff = (house: House): void => {
  const snapshot = snapshotOf(entry("near"), entry("far"));
  house.apply({ ...snapshot, settings: { ...snapshot.settings, rememberChoices: false } });
};

test("a tool that was called after a need comes a little further up for it, and for no other need", async () => {
  await using house = openDoors();
  const other = await ranked(house, "door in a house");
  expect(await ranked(house)).toEqual(["near/open_door", "far/open_door"]);
  await use(house, 3);
  expect(await ranked(house, "open the doors")).toEqual(["far/open_door", "near/open_door"]);
  expect(await ranked(house, "door in a house")).toEqual(other);
});

test.each<[string, (house: House) => Promise<unknown>]>([
  ["a call that nobody had asked for", (house) => use(house, 3)],
  ["a call that the tool refuses", (house) => ranked(house).then(() => use(house, 3, { jam: true }))],
  [
    "a call long after the question",
    async (house) => {
      await ranked(house);
      await house.clock.advance(600_000);
      await use(house, 3);
    },
  ],
])("%s is no choice", async (_what, act) => {
  await using house = openDoors();
  await act(house);
  expect((await ranked(house))[0]).toBe("near/open_door");
});

test("choices are kept for the next process three seconds later, or at the end", async () => {
  const store = createMemoryStore();
  await using first = openDoors(store);
  await ranked(first);
  await use(first, 3);
  expect(await store.read(CHOICES_NAME)).toBeUndefined();
  await first.clock.advance(3_000);
  expect(await store.read(CHOICES_NAME)).toBeDefined();
  await using second = openDoors(store);
  expect((await ranked(second))[0]).toBe("far/open_door");
  await store.remove(CHOICES_NAME);
  await use(second, 1);
  await second.gateway[Symbol.asyncDispose]();
  expect(await store.read(CHOICES_NAME)).toBeDefined();
});

test("two processes keep the choices of both", async () => {
  const store = createMemoryStore();
  await using one = openDoors(store);
  await using two = openDoors(store);
  await ranked(one, "open door");
  await ranked(two, "door in a house");
  await use(one, 3);
  await use(two, 3);
  await one.clock.advance(3_000);
  await two.clock.advance(3_000);
  const { choices } = JSON.parse((await store.read(CHOICES_NAME)) ?? "{}");
  expect(choices).toHaveLength(2);
});

test("switched off in the registry, nothing is remembered and what was kept is removed", async () => {
  const store = createMemoryStore();
  await using house = openDoors(store);
  await ranked(house);
  await use(house, 3);
  await house.clock.advance(3_000);
  switchOff(house);
  expect((await ranked(house))[0]).toBe("near/open_door");
  expect(await store.read(CHOICES_NAME)).toBeUndefined();
  await use(house, 3);
  await house.clock.advance(60_000);
  expect((await ranked(house))[0]).toBe("near/open_door");
  expect(await store.read(CHOICES_NAME)).toBeUndefined();
});
