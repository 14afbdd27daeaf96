import { expect, test } from "vitest";
import { INDEX_NAME } from "../../../src/gateway/kept-index.ts";
import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import type { StateStore } from "../../../src/model/ports.ts";
import { createMemoryStore } from "../../../src/state/memory-store.ts";
import { settle } from "../../support/manual-clock.ts";
import { caller, entry, type House, offer, openHouse, tool } from "../../support/open-house.ts";

const LAMP = tool("light_lamp", { description: "Lights the lamp" });
const DOOR = tool("open_door", { description: "Opens the door" });

/** A store that notes what is read and written, in order. */
function recordingStore(inner: StateStore = createMemoryStore()) {
  const ledger: string[] = [];
  const note = <T>(what: string, name: string, result: T): T => {
    if (name === INDEX_NAME) ledger.push(what);
    return result;
  };
  const store: StateStore = {
    read: (name) => note("read", name, inner.read(name)),
    write: (name, text) => note("write", name, inner.write(name, text)),
    remove: (name) => note("remove", name, inner.remove(name)),
  };
  return { store, ledger };
}

function openLamps(store: StateStore, over: Partial<BackendSpec> = {}): House {
  const house = openHouse([entry("lamps", over)], { store });
  offer(house.backend("lamps"), [LAMP]);
  return house;
}

const find = async (house: House, need: string) =>
  (await house.gateway.discover({ needs: [need], explain: true }, caller())).results.flatMap(({ hits }) => hits);

/** Lets one process see everything and end. */
async function seenOnce(store: StateStore): Promise<void> {
  await using house = openLamps(store);
  await find(house, "lamp");
}

test("is read and built for the first question only, never for a call or a list of servers", async () => {
  const { store, ledger } = recordingStore();
  await using house = openLamps(store);
  await house.gateway.invoke({ tool: "lamps/light_lamp", args: {} }, caller());
  await house.gateway.listServers();
  expect(ledger).toEqual([]);
  await Promise.all([find(house, "lamp"), find(house, "lamp")]);
  expect(ledger).toEqual(["read"]);
});

test("is kept three seconds after a change, once, and not again while nothing changes", async () => {
  const { store, ledger } = recordingStore();
  await using house = openLamps(store);
  await find(house, "lamp");
  await house.clock.advance(2_999);
  expect(ledger).toEqual(["read"]);
  await house.clock.advance(1);
  await settled(() => ledger.includes("write"));
  await find(house, "lamp");
  await house.clock.advance(60_000);
  expect(ledger).toEqual(["read", "write"]);
});

test("that could not be written is written after the next listing, though the tools are the same", async () => {
  const { store, ledger } = recordingStore();
  let isFull = true;
  const write: StateStore["write"] = (name, text) =>
    isFull && name === INDEX_NAME ? Promise.reject(new Error("No space left")) : store.write(name, text);
  await using house = openLamps({ ...store, write });
  await find(house, "lamp");
  await house.clock.advance(3_000);
  await settled(() => house.log.some(({ message }) => message === "search index not kept"));
  isFull = false;
  await house.gateway.manage("refresh", "lamps", caller());
  await house.clock.advance(3_000);
  await settled(() => ledger.includes("write"));
  expect(ledger).toEqual(["read", "write"]);
});

test("is kept when the process ends before that", async () => {
  const { store, ledger } = recordingStore();
  await seenOnce(store);
  expect(ledger).toEqual(["read", "write"]);
});

test("serves the next process, which finds and explains the same and has nothing to write", async () => {
  const { store, ledger } = recordingStore();
  await using first = openLamps(store);
  const before = await find(first, "light a lamp");
  await first.gateway[Symbol.asyncDispose]();
  ledger.length = 0;
  const second = openLamps(store);
  const after = await find(second, "light a lamp");
  expect(after).toEqual(before.map((hit) => ({ ...hit, state: "stopped" })));
  expect(after[0]?.matched).not.toEqual([]);
  await second[Symbol.asyncDispose]();
  expect(ledger).toEqual(["read"]);
});

test.each<[string, (text: string) => string]>([
  ["damaged", (text) => text.replace("lamp", "lump")],
  ["cut", (text) => text.slice(0, text.length / 2)],
  ["empty", () => ""],
])("is rebuilt and kept anew where the kept one is %s", async (_what, spoil) => {
  const { store, ledger } = recordingStore();
  await seenOnce(store);
  const good = (await store.read(INDEX_NAME)) ?? "";
  await store.write(INDEX_NAME, spoil(good));
  ledger.length = 0;
  await seenOnce(store);
  expect(ledger).toEqual(["read", "write"]);
  expect(await store.read(INDEX_NAME)).toBe(good);
});

test("never finds what the kept one has and the catalog has not", async () => {
  const { store } = recordingStore();
  await seenOnce(store);
  await using other = openHouse([entry("doors")], { store });
  offer(other.backend("doors"), [DOOR]);
  expect(await find(other, "lamp")).toEqual([]);
  expect(await find(other, "door")).toMatchObject([{ tool: "doors/open_door" }]);
});

test("is brought up to date where the registry describes a server in other words", async () => {
  const { store } = recordingStore();
  await seenOnce(store);
  await using house = openLamps(store, { tags: ["chandelier"] });
  expect(await find(house, "chandelier")).toMatchObject([{ tool: "lamps/light_lamp" }]);
});

async function settled(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !isDone(); turn += 1) await settle();
}
