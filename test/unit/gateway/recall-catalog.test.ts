import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { queryObjects } from "node:v8";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listingName } from "../../../src/catalog/catalog-snapshot.ts";
import { toolsFileName } from "../../../src/gateway/recall-tools-file.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import type { StateStore } from "../../../src/model/ports.ts";
import { createMemoryStore } from "../../../src/state/memory-store.ts";
import { caller, entry, offer, openHouse, snapshotOf, tool } from "../../support/open-house.ts";

let store: StateStore;
let dir: string;

beforeEach(async () => {
  store = createMemoryStore();
  dir = await mkdtemp(join(tmpdir(), "sallyport-recall-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** Lets an earlier process see the tools of "notes". */
async function rememberTools(digest = "notes"): Promise<void> {
  await using earlier = openHouse([entry("notes", { digest })], { store });
  offer(earlier.backend(digest), [tool("stored")]);
  await earlier.gateway.invoke({ tool: "notes/stored", args: {} }, caller());
}

async function toolsFile(text: string): Promise<string> {
  const file = join(dir, "tools.json");
  await writeFile(file, text);
  return file;
}

test("what an earlier process saw is found, described and counted with nothing running", async () => {
  await rememberTools();
  await using house = openHouse([entry("notes")], { store });
  const { results } = await house.gateway.discover({ needs: ["stored"], limit: 5 }, caller());
  expect(results[0]?.hits).toMatchObject([{ tool: "notes/stored", state: "stopped" }]);
  expect((await house.gateway.describe(["notes/stored"], caller())).tools).toMatchObject([{ definition: tool("stored") }]);
  expect(await house.gateway.listServers()).toMatchObject([{ server: "notes", tools: 1 }]);
  expect((await house.gateway.serverStatus("notes")).catalog).toMatchObject({ source: "stored" });
  expect(house.backend("notes").ledger).toEqual([]);
});

test("what was seen under another version of the entry still serves to find a tool", async () => {
  await rememberTools("notes of yesterday");
  await using house = openHouse([entry("notes")], { store });
  expect((await house.gateway.describe(["notes/stored"], caller())).tools).toHaveLength(1);
  expect(house.backend("notes").ledger).toEqual([]);
});

test.each(["", "{", "null", '{"format":99}'])("a damaged memory, %j, is as good as none", async (text) => {
  await store.write(listingName("notes"), text);
  await using house = openHouse([entry("notes")], { store });
  offer(house.backend("notes"), [tool("fresh")]);
  expect((await house.gateway.describe(["notes/fresh"], caller())).tools).toHaveLength(1);
});

test("a tools file stands in until the server has run, its bad definitions set aside", async () => {
  const file = await toolsFile(JSON.stringify({ tools: [tool("written"), { name: "a b" }] }));
  await using house = openHouse([entry("notes", { toolsFile: file })], { store });
  offer(house.backend("notes"), [tool("real")]);
  expect((await house.gateway.describe(["notes/written"], caller())).tools).toHaveLength(1);
  expect(await house.gateway.serverStatus("notes")).toMatchObject({
    tools: 1,
    quarantined: [{ name: "a b" }],
    catalog: { source: "toolsFile", seenAt: undefined },
  });
  expect(house.backend("notes").ledger).toEqual([]);
  await house.gateway.invoke({ tool: "notes/real", args: {} }, caller());
  expect((await house.gateway.describe(["notes/written"], caller())).errors).toMatchObject([{ error: { code: "not_found" } }]);
});

test("a tools file serves also where nothing can be kept of it", async () => {
  const file = await toolsFile(JSON.stringify([tool("written")]));
  const full: StateStore = { ...store, write: () => Promise.reject(new GatewayError("resource_exhausted", "Disk is full")) };
  await using house = openHouse([entry("notes", { toolsFile: file, enabled: false })], { store: full });
  const { tools } = await house.gateway.describe(["notes/written"], caller());
  expect(tools).toHaveLength(1);
});

test("a tools file is judged once for all processes, and again when its text has changed", async () => {
  const file = await toolsFile(JSON.stringify([tool("written"), { name: "a b" }]));
  const judged: string[] = [];
  const noting: StateStore = {
    ...store,
    write: (name, text) => {
      if (name === toolsFileName("notes")) judged.push(name);
      return store.write(name, text);
    },
  };
  const seen = async () => {
    await using house = openHouse([entry("notes", { toolsFile: file, enabled: false })], { store: noting });
    const { quarantined, catalog } = await house.gateway.serverStatus("notes");
    const { tools } = await house.gateway.describe(["notes/written", "notes/rewritten"], caller());
    return { quarantined, catalog, names: tools.map(({ definition }) => definition["name"]) };
  };
  const first = await seen();
  expect(first).toMatchObject({ quarantined: [{ name: "a b" }], catalog: { source: "toolsFile" }, names: ["written"] });
  expect([await seen(), judged.length]).toEqual([first, 1]);
  await writeFile(file, JSON.stringify([tool("rewritten")]));
  expect(await seen()).toMatchObject({ quarantined: [], names: ["rewritten"] });
  expect(judged).toHaveLength(2);
});

test("what the server itself once said counts more than a tools file", async () => {
  await rememberTools();
  const file = await toolsFile(JSON.stringify([tool("written")]));
  await using house = openHouse([entry("notes", { toolsFile: file })], { store });
  expect((await house.gateway.describe(["notes/stored"], caller())).tools).toHaveLength(1);
});

test("a tools file that cannot be read is told in the log, and the server asked instead", async () => {
  const file = await toolsFile("no json");
  await using house = openHouse([entry("notes", { toolsFile: file })], { store });
  offer(house.backend("notes"), [tool("real")]);
  expect((await house.gateway.describe(["notes/real"], caller())).tools).toHaveLength(1);
  expect(house.log.filter(({ level }) => level === "warn")).toEqual([
    { level: "warn", message: `Cannot read tools file "${file}": it is not JSON`, fields: { server: "notes" } },
  ]);
});

test("the disk is asked once, and never before somebody wants to know", async () => {
  const asked: string[] = [];
  const counting: StateStore = {
    ...store,
    read: async (name) => {
      asked.push(name);
      return undefined;
    },
  };
  await using house = openHouse([entry("notes", { enabled: false })], { store: counting });
  expect(asked).toEqual([]);
  await Promise.all([house.gateway.listServers(), house.gateway.status(), house.gateway.serverStatus("notes")]);
  expect(asked).toEqual([listingName("notes")]);
});

test("nothing is kept of an entry that has been changed", async () => {
  await using house = openHouse([entry("notes")], { store });
  const change = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      house.apply(snapshotOf(entry("notes", { digest: `notes ${time}` })));
      await house.gateway.listServers();
    }
    return queryObjects(Promise, { format: "count" });
  };
  const few = await change(10);
  expect((await change(200)) - few).toBeLessThan(20);
});
