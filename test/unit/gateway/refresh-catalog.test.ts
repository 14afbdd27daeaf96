import { beforeEach, describe, expect, test } from "vitest";
import { Catalog } from "../../../src/catalog/catalog.ts";
import { loadListing } from "../../../src/catalog/catalog-snapshot.ts";
import { RefreshCatalog } from "../../../src/gateway/refresh-catalog.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Connection } from "../../../src/model/ports.ts";
import { createMemoryStore } from "../../../src/state/memory-store.ts";
import { FakeBackend, gate, untilAborted } from "../../support/fake-backend.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { entry, tool } from "../../support/open-house.ts";

const spec = entry("notes", { callTimeoutMs: 1_000 });
const never = new AbortController().signal;

let catalog: Catalog;
let store: ReturnType<typeof createMemoryStore>;
let clock: ManualClock;
let refresh: RefreshCatalog;
let backend: FakeBackend;
let connection: Connection;

beforeEach(async () => {
  catalog = new Catalog();
  store = createMemoryStore();
  clock = new ManualClock();
  refresh = new RefreshCatalog(catalog, store, () => spec, clock);
  backend = new FakeBackend();
  connection = await connectTo(backend);
});

const connectTo = (to: FakeBackend): Promise<Connection> =>
  to.connect({ spec, endpoint: { kind: "http", url: "", headers: {} }, signal: never, onNotification: () => {} });
const read = (over = connection, signal = never): Promise<void> => refresh.refresh("notes", over, signal);
const names = (): unknown[] | undefined => catalog.get("notes")?.tools.map(({ ref }) => ref.tool);
const lists = (from = backend): number => from.ledger.filter((line) => line === "tools/list").length;
/** Answers `tools/list` with each page in turn, by cursor. */
const pages = (...list: JsonObject[]): void => {
  backend.answering = async (_method, { cursor }) => list[cursor === undefined ? 0 : Number(cursor)] ?? { tools: [] };
};

test("a reading replaces the listing, marks it as live and keeps it for the next process", async () => {
  pages({ tools: [tool("a")] });
  await read();
  expect(catalog.get("notes")).toMatchObject({ source: "live", stale: false, specDigest: "notes", seenAt: clock.wallTime() });
  expect(refresh.isCurrent("notes", connection)).toBe(true);
  expect((await loadListing(store, "notes", "notes"))?.tools.map(({ ref }) => ref.tool)).toEqual(["a"]);
});

test("however many ask at once, the backend is asked once", async () => {
  pages({ tools: [tool("a")] });
  await Promise.all([read(), read(), read()]);
  expect(lists()).toBe(1);
});

test("one who leaves takes nothing from the others", async () => {
  const answer = gate<JsonObject>();
  backend.answering = () => answer.promise;
  const leaving = new AbortController();
  const left = read(connection, leaving.signal).catch(() => "left");
  const stayed = read();
  leaving.abort();
  expect(await left).toBe("left");
  answer.open({ tools: [tool("a")] });
  await stayed;
  expect(names()).toEqual(["a"]);
});

describe("for how long a backend vouches for its tools", () => {
  test("is the least that any page says, and ends with it", async () => {
    pages({ tools: [tool("a")], nextCursor: "1", ttlMs: 5_000 }, { tools: [tool("b")], ttlMs: 2_000 });
    await read();
    expect(catalog.get("notes")?.ttlMs).toBe(2_000);
    await clock.advance(1_999);
    expect(refresh.isCurrent("notes", connection)).toBe(true);
    await clock.advance(1);
    expect(refresh.isCurrent("notes", connection)).toBe(false);
    await read();
    expect(refresh.isCurrent("notes", connection)).toBe(true);
  });

  test.each([[0], [-1], ["soon"], [Number.NaN], [undefined]])(
    "is not said by %s: then a change is announced or not at all",
    async (ttlMs) => {
      pages({ tools: [tool("a")], ttlMs });
      await read();
      expect(catalog.get("notes")).not.toHaveProperty("ttlMs");
      await clock.advance(10 * 86_400_000);
      expect(refresh.isCurrent("notes", connection)).toBe(true);
    },
  );

  test("is a day at most", async () => {
    pages({ tools: [tool("a")], ttlMs: 10 ** 12 });
    await read();
    await clock.advance(86_400_000);
    expect(refresh.isCurrent("notes", connection)).toBe(false);
  });
});

test("a listing of another connection is not current", async () => {
  await read();
  expect(refresh.isCurrent("notes", await connectTo(backend))).toBe(false);
});

describe("a change announced during a reading", () => {
  test("leads to one more, and those who wait get the newer list", async () => {
    const [first, second] = [gate<JsonObject>(), gate<JsonObject>()];
    const answers = [first, second];
    backend.answering = async () => (await answers.shift()?.promise) ?? { tools: [] };
    const waiting = read();
    refresh.invalidate("notes");
    first.open({ tools: [tool("old")] });
    second.open({ tools: [tool("new")] });
    await waiting;
    expect(names()).toEqual(["new"]);
    expect(lists()).toBe(2);
  });

  test("with every list does not keep us reading for ever", async () => {
    backend.answering = async () => {
      refresh.invalidate("notes");
      return { tools: [tool("a")] };
    };
    await read();
    expect(lists()).toBe(3);
    expect(names()).toEqual(["a"]);
  });
});

describe("pages", () => {
  test("are put together in their order", async () => {
    pages({ tools: [tool("a")], nextCursor: "1" }, { tools: [tool("b")], nextCursor: "2" }, { tools: [tool("c")] });
    await read();
    expect(names()).toEqual(["a", "b", "c"]);
  });

  test("that go in a circle end", async () => {
    pages({ tools: [tool("a")], nextCursor: "1" }, { tools: [tool("b")], nextCursor: "1" });
    await read();
    expect(names()).toEqual(["a", "b"]);
  });

  test("without an end are given up after 64", async () => {
    backend.answering = async (_method, { cursor }) => ({
      tools: [tool(`t${cursor ?? 0}`)],
      nextCursor: String(Number(cursor ?? 0) + 1),
    });
    await read();
    expect(lists()).toBe(64);
    expect(names()).toHaveLength(64);
  });

  test("that take longer than a call altogether end the reading and leave the old list", async () => {
    pages({ tools: [tool("a")] });
    await read();
    backend.answering = (_method, _params, { signal }) => untilAborted(signal);
    const late = read().catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await late).toMatchObject({ code: "deadline_exceeded", backend: "notes" });
    expect(names()).toEqual(["a"]);
  });
});

test("a bad tool is set aside with its reason and costs the others nothing", async () => {
  pages({ tools: [tool("a"), null, { name: 7 }, tool("a b"), tool("big", { description: "x".repeat(2_000_000) }), tool("b")] });
  await read();
  expect(names()).toEqual(["a", "b"]);
  expect(catalog.get("notes")?.quarantined.map(({ name }) => name)).toEqual(["tools[1]", "tools[2]", "a b", "big"]);
  for (const { reason } of catalog.get("notes")?.quarantined ?? []) expect(reason).toMatch(/^The \w+/);
});

test("a tool that may not be offered over its connection is set aside too", async () => {
  pages({ tools: [tool("a"), tool("b")] });
  await read(Object.assign(connection, { toolFault: ({ name }: JsonObject) => (name === "b" ? "It is not for us" : undefined) }));
  expect(names()).toEqual(["a"]);
  expect(catalog.get("notes")?.quarantined).toEqual([{ name: "b", reason: "It is not for us" }]);
});

test.each([{}, { tools: {} }, { tools: "none" }])(
  "an answer without a list of tools is a failure of the backend",
  async (answer) => {
    pages({ tools: [tool("a")] });
    await read();
    pages(answer);
    await expect(read()).rejects.toMatchObject({ code: "upstream_protocol" });
    expect(names()).toEqual(["a"]);
  },
);

test("a backend that has no tools is not asked for them", async () => {
  backend.capabilities = { resources: {} };
  await read(await connectTo(backend));
  expect(lists()).toBe(0);
  expect(names()).toEqual([]);
});

test("a change announced during a reading that fails leads to one more", async () => {
  const first = gate<JsonObject>();
  backend.answering = () => first.promise;
  const waiting = read();
  refresh.invalidate("notes");
  pages({ tools: [tool("a")] });
  first.fail(new Error("gone"));
  await waiting;
  expect(names()).toEqual(["a"]);
});

test("connections of several replicas are current at the same time, until a change is announced", async () => {
  pages({ tools: [tool("a")] });
  const other = await connectTo(backend);
  await read();
  await read(other);
  expect([connection, other].map((each) => refresh.isCurrent("notes", each))).toEqual([true, true]);
  refresh.invalidate("notes");
  expect([connection, other].map((each) => refresh.isCurrent("notes", each))).toEqual([false, false]);
});

test("a replica that does not list its tools keeps nobody from those of another", async () => {
  const hung = new FakeBackend();
  hung.answering = (_method, _params, { signal }) => untilAborted(signal);
  const late = read(await connectTo(hung)).catch((error: unknown) => error);
  pages({ tools: [tool("a")] });
  await read();
  expect(names()).toEqual(["a"]);
  await clock.advance(1_000);
  expect(await late).toMatchObject({ code: "deadline_exceeded" });
});

test("a reading over a newer connection is not served by one under way over an older", async () => {
  const old = gate<JsonObject>();
  backend.answering = () => old.promise;
  const overOld = read();
  const successor = new FakeBackend();
  successor.answering = async () => ({ tools: [tool("new")] });
  const newer = await connectTo(successor);
  const overNew = read(newer);
  old.open({ tools: [tool("old")] });
  await Promise.all([overOld, overNew]);
  expect(names()).toEqual(["new"]);
  expect(refresh.isCurrent("notes", newer)).toBe(true);
});
