import { describe, expect, test } from "vitest";
import type { DiscoverQuery } from "../../../src/gateway/discovery.ts";
import type { BackendSpec } from "../../../src/model/backend-spec.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import { neutralise } from "../../../src/model/neutralise-text.ts";
import { gate, untilAborted } from "../../support/fake-backend.ts";
import { settle } from "../../support/manual-clock.ts";
import { caller, entry, type House, offer, openHouse, snapshotOf, tool } from "../../support/open-house.ts";

const MISSING = [{ written: "TOKEN", name: "TOKEN", field: "env.TOKEN" }];
const READ = tool("read_file", {
  description: "Reads a file.\nAnd much more about it.",
  inputSchema: { type: "object", properties: { head: { type: "integer" }, path: { type: "string" } }, required: ["path"] },
  annotations: { readOnlyHint: true },
});
const WRITE = tool("write_file", { description: "Writes a file" });

function openFiles(...specs: readonly BackendSpec[]): House {
  const house = openHouse(specs.length > 0 ? specs : [entry("files")]);
  for (const { digest } of specs.length > 0 ? specs : [entry("files")]) offer(house.backend(digest), [READ, WRITE]);
  return house;
}

const discover = (house: House, query: Partial<DiscoverQuery> = {}) =>
  house.gateway.discover({ needs: ["read a file"], limit: 5, ...query }, caller());
const addresses = async (house: House, query: Partial<DiscoverQuery> = {}) =>
  (await discover(house, query)).results.flatMap(({ hits }) => hits.map((hit) => hit.tool));

describe("a hit", () => {
  test("has the address, the first sentence, the arguments in one line, and how things stand", async () => {
    await using house = openFiles(entry("files", { trustAnnotations: true }));
    const { results, unknown } = await discover(house, { needs: ["read a file"], limit: 1 });
    expect(results).toEqual([
      {
        need: "read a file",
        hits: [
          {
            tool: "files/read_file",
            summary: "Reads a file.",
            signature: "path: string, head?: integer",
            readOnly: true,
            state: "running",
            confidence: "high",
          },
        ],
      },
    ]);
    expect(unknown).toEqual([]);
  });

  test("shows nothing a reader cannot see", async () => {
    await using house = openHouse([entry("files")]);
    const hidden = "\u001b[31m\u202e\u{e0041}";
    offer(house.backend("files"), [
      tool("read_file", { description: `Reads a file${hidden}`, inputSchema: { properties: { [`a${hidden}`]: {} } } }),
    ]);
    const text = JSON.stringify(await discover(house));
    expect(text).toContain("read_file");
    expect(neutralise(text, { multiline: false })).toBe(text);
  });

  test("keeps a long first sentence to one line of 140 characters", async () => {
    await using house = openHouse([entry("files")]);
    offer(house.backend("files"), [tool("read_file", { description: `Reads a file ${"very ".repeat(100)}` })]);
    const [result] = (await discover(house)).results;
    expect(result?.hits[0]?.summary).toHaveLength(140);
  });

  test("each need is answered on its own", async () => {
    await using house = openFiles();
    const { results } = await discover(house, { needs: ["read a file", "write a file", "zebra"], limit: 1 });
    expect(results.map(({ need, hits }) => [need, hits.map((hit) => hit.tool)])).toEqual([
      ["read a file", ["files/read_file"]],
      ["write a file", ["files/write_file"]],
      ["zebra", []],
    ]);
  });
});

describe("a task in one string", () => {
  test("is cut into its steps, each with hits of its own", async () => {
    await using house = openFiles();
    const { results } = await discover(house, { needs: ["Read a file, then write a file"], limit: 1 });
    expect(results.map(({ need, hits }) => [need, hits[0]?.tool])).toEqual([
      ["Read a file", "files/read_file"],
      ["write a file", "files/write_file"],
    ]);
  });

  test("loses the sentences that find nothing, as long as another finds something", async () => {
    await using house = openFiles();
    const { results } = await discover(house, { needs: ["Zebras gallop xylophonically. Write a file."], limit: 1 });
    expect(results.map(({ need }) => need)).toEqual(["Write a file."]);
  });
});

describe("the page", () => {
  const CROWD = Array.from({ length: 30 }, (_, at) => tool(`open_door_${at}`, { description: `Opens door number ${at}` }));

  async function openDoors(): Promise<House> {
    const house = openHouse([entry("north"), entry("south")]);
    for (const server of ["north", "south"]) offer(house.backend(server), CROWD.slice(server === "north" ? 0 : 15).slice(0, 15));
    return house;
  }

  test("has eight cards for one need and fewer for each of several", async () => {
    await using house = await openDoors();
    const counts = async (...needs: string[]) =>
      (await discover(house, { needs, limit: undefined })).results.map(({ hits }) => hits.length);
    expect(await counts("open a door")).toEqual([8]);
    expect(await counts("open a door", "door")).toEqual([5, 5]);
    expect(await counts("a door", "door", "doors", "open door", "open")).toEqual([3, 3, 3, 3, 3]);
  });

  test("is followed by others until every hit was shown once, in the order of a single long page", async () => {
    await using house = await openDoors();
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 10; page += 1) {
      const answer = await discover(house, { needs: ["open a door"], limit: 7, cursor });
      seen.push(...answer.results.flatMap(({ hits }) => hits.map((hit) => hit.tool)));
      cursor = answer.nextCursor;
      if (cursor === undefined) break;
    }
    expect(seen).toHaveLength(30);
    expect(seen).toEqual(await addresses(house, { needs: ["open a door"], limit: 30 }));
  });

  test.each([
    ["nonsense", (_: string) => "nonsense"],
    ["a cut cursor", (good: string) => good.slice(1)],
  ])("is not found by %s, and no server starts for it", async (_what, spoil) => {
    await using house = await openDoors();
    const { nextCursor } = await discover(house, { needs: ["open a door"] });
    const launches = house.backend("north").launches;
    await expect(discover(house, { needs: ["open a door"], cursor: spoil(nextCursor ?? "") })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/^cursor: expected the nextCursor of an earlier answer, found "/),
      hint: expect.stringContaining("Repeat"),
    });
    expect(house.backend("north").launches).toBe(launches);
  });

  test("is not found by the cursor of another question", async () => {
    await using house = await openDoors();
    const { nextCursor } = await discover(house, { needs: ["open a door"] });
    await expect(discover(house, { needs: ["close a door"], cursor: nextCursor })).rejects.toMatchObject({
      message: "cursor: expected the nextCursor of this very question, found one of another",
    });
  });
});

describe("with little to go by", () => {
  test("a need that finds nothing is told what there is, without what is not shown", async () => {
    const tools = { allow: undefined, deny: ["write*"], overrides: new Map() };
    await using house = openFiles(entry("files", { tools }), entry("drive"));
    const { results, overview } = await discover(house, { needs: ["zyzzyva"] });
    expect(results).toEqual([{ need: "zyzzyva", hits: [] }]);
    expect(overview).toEqual({
      tools: 3,
      servers: [
        { server: "drive", tools: 2 },
        { server: "files", tools: 1 },
      ],
      topics: ["file", "write"],
    });
  });

  test("hits that nobody would trust come with what there is beside them, sure ones without", async () => {
    await using house = openFiles();
    expect(await discover(house, { needs: ["file zyzzyva quux fnord"] })).toMatchObject({
      results: [{ hits: [{ confidence: "low" }, { confidence: "low" }] }],
      overview: { tools: 2 },
    });
    expect(await discover(house)).not.toHaveProperty("overview");
  });
});

test("an explained hit names the words that were found and their fields", async () => {
  await using house = openFiles();
  const { results } = await discover(house, { needs: ["read a file"], explain: true, limit: 1 });
  expect(results[0]?.hits[0]?.matched).toContainEqual({ field: "tool", words: ["read", "file"] });
});

test("examples from the registry find a tool whose server says nothing of the kind", async () => {
  const overrides = new Map([["write_file", { examples: ["jot down my groceries"] }]]);
  await using house = openFiles(entry("files", { tools: { allow: undefined, deny: [], overrides } }));
  expect(await addresses(house, { needs: ["groceries"] })).toEqual(["files/write_file"]);
});

test("a changed entry is found by its new words at once, without its server", async () => {
  await using house = openFiles(entry("files"));
  expect(await addresses(house, { needs: ["groceries"] })).toEqual([]);
  house.apply(snapshotOf(entry("files", { digest: "other", tags: ["groceries"] })));
  expect(await addresses(house, { needs: ["groceries"] })).toHaveLength(2);
  expect(house.backend("other").ledger).toEqual([]);
});

describe("what is not shown", () => {
  test("a tool of a server that was switched off after it was seen", async () => {
    await using house = openFiles(entry("files"), entry("drive"));
    await discover(house);
    house.apply(snapshotOf(entry("files"), entry("drive", { digest: "off", enabled: false })));
    const { results } = await discover(house);
    expect(JSON.stringify(results)).not.toContain("drive");
  });

  test("a denied tool", async () => {
    const tools = { allow: undefined, deny: ["write*"], overrides: new Map() };
    await using house = openFiles(entry("files", { tools }));
    expect(await addresses(house, { needs: ["write a file"] })).not.toContain("files/write_file");
  });

  test("with readonly, a tool that only its server calls read-only", async () => {
    await using house = openFiles(entry("files"), entry("trusted", { trustAnnotations: true }));
    expect(await addresses(house, { readonly: true })).toEqual(["trusted/read_file"]);
  });

  test("with a server, the tools of the others", async () => {
    await using house = openFiles(entry("files"), entry("drive"));
    expect(new Set(await addresses(house, { server: "drive" }))).toEqual(new Set(["drive/read_file", "drive/write_file"]));
    expect(house.backend("files").ledger).toEqual([]);
  });

  test("a server nobody knows is an error with near names", async () => {
    await using house = openFiles();
    await expect(discover(house, { server: "fils" })).rejects.toMatchObject({
      code: "not_found",
      message: 'No server "fils" in the registry; did you mean "files"?',
    });
  });
});

describe("a server nobody has seen", () => {
  test("is started for the first question and answers it", async () => {
    await using house = openFiles();
    expect(await addresses(house, { limit: 1 })).toEqual(["files/read_file"]);
    expect(house.backend("files").ledger).toEqual(["launch", "connect", "tools/list"]);
  });

  test("delays only the first question, for eight seconds, and is named as long as its tools are unknown", async () => {
    await using house = openFiles(entry("files"), entry("slow"));
    const started = gate();
    house.backend("slow").launching = () => started.promise;
    const first = discover(house, { limit: 1 });
    let answered = false;
    void first.then(() => {
      answered = true;
    });
    await house.clock.advance(7_999);
    expect(answered).toBe(false);
    await house.clock.advance(1);
    const named = [{ server: "slow", reason: '"slow" is still starting' }];
    expect(await first).toMatchObject({ results: [{ hits: [{ tool: "files/read_file" }] }], unknown: named });
    expect(await discover(house)).toMatchObject({ unknown: named });
    started.open();
    await settle();
    expect((await discover(house)).unknown).toEqual([]);
    expect(house.backend("slow").launches).toBe(1);
  });

  test("that cannot start is named with the reason, and delays nobody", async () => {
    await using house = openFiles(entry("files"), entry("broken"));
    house.backend("broken").launching = () => Promise.reject(new GatewayError("start_failed", "Command not found"));
    const unknown = [{ server: "broken", reason: 'Cannot start "broken": Command not found' }];
    expect(await discover(house, { limit: 1 })).toMatchObject({ results: [{ hits: [{ tool: "files/read_file" }] }], unknown });
    expect(await discover(house)).toMatchObject({ unknown });
  });

  test("that lists nonsense is named with the reason", async () => {
    await using house = openHouse([entry("odd")]);
    house.backend("odd").answering = async () => ({ tools: "many" });
    expect((await discover(house)).unknown).toEqual([
      { server: "odd", reason: "tools/list: expected an array of tools, found none" },
    ]);
  });

  test("keeps no asker who leaves", async () => {
    await using house = openFiles();
    house.backend("files").launching = untilAborted;
    const leaving = new AbortController();
    const asked = house.gateway.discover({ needs: ["x"], limit: 1 }, caller({ signal: leaving.signal }));
    leaving.abort();
    expect((await asked).unknown).toEqual([{ server: "files", reason: '"files" is still starting' }]);
  });

  test.each<[string, Partial<BackendSpec>]>([
    ["switched off", { enabled: false }],
    ["without a variable it needs", { missing: MISSING }],
  ])("and is %s is not started and not named to those who did not ask for it", async (_what, over) => {
    await using house = openFiles(entry("off", over));
    expect(await discover(house)).toMatchObject({ results: [{ hits: [] }], unknown: [] });
    expect(house.backend("off").ledger).toEqual([]);
  });

  test.each<[string, Partial<BackendSpec>, string]>([
    ["switched off", { enabled: false }, 'Server "off" is switched off in the registry'],
    ["without a variable it needs", { missing: MISSING }, 'Server "off" needs TOKEN, which is not set'],
  ])("and is %s is named with the reason to those who ask for it", async (_what, over, reason) => {
    await using house = openFiles(entry("off", over));
    expect(await discover(house, { server: "off" })).toMatchObject({
      results: [{ hits: [] }],
      unknown: [{ server: "off", reason }],
    });
    expect(house.backend("off").ledger).toEqual([]);
  });
});

test("a registry without servers is told as what it is", async () => {
  const errors = [
    { severity: "error", path: "", line: 1, column: 1, message: "Cannot read /r.json: there is no such file" },
  ] as const;
  const view = { file: "/r.json", state: "invalid", servers: 0, errors, warnings: [] } as const;
  await using house = openHouse([], { registryView: () => view });
  expect((await discover(house)).notice).toBe("There are no servers: Cannot read /r.json: there is no such file");
});

describe("describe", () => {
  test("gives every definition as the backend sent it, in the order asked, and errors beside them", async () => {
    await using house = openFiles(entry("files"), entry("drive"));
    const { tools, errors } = await house.gateway.describe(
      ["drive/write_file", "files/read_file", "files/raed_file", "nobody/x", "odd"],
      caller(),
    );
    expect(tools.map(({ tool: address, definition }) => [address, definition])).toEqual([
      ["drive/write_file", WRITE],
      ["files/read_file", READ],
    ]);
    expect(errors.map(({ tool: address, error }) => [address, error.code])).toEqual([
      ["files/raed_file", "not_found"],
      ["nobody/x", "not_found"],
      ["odd", "invalid_argument"],
    ]);
    expect(errors[0]?.error.message).toContain('"read_file"');
  });

  test("asks servers at the same time, and waits for none longer than for a call", async () => {
    await using house = openFiles(entry("one", { callTimeoutMs: 1_000 }), entry("two", { callTimeoutMs: 1_000 }), entry("files"));
    for (const hanging of ["one", "two"]) house.backend(hanging).launching = untilAborted;
    const asked = house.gateway.describe(["one/x", "two/x", "files/read_file"], caller());
    await house.clock.advance(11_000);
    const { tools, errors } = await asked;
    expect(tools).toHaveLength(1);
    expect(errors.map(({ error }) => error.code)).toEqual(["deadline_exceeded", "deadline_exceeded"]);
  });

  test("does not tell what a denied tool looks like", async () => {
    await using house = openFiles(entry("files", { tools: { allow: ["read_file"], deny: [], overrides: new Map() } }));
    const { tools, errors } = await house.gateway.describe(["files/write_file"], caller());
    expect([tools, errors.map(({ error }) => error.code)]).toEqual([[], ["permission_denied"]]);
    expect(house.backend("files").ledger).toEqual([]);
  });

  test.each<[string, Partial<BackendSpec>, string]>([
    ["is switched off", { enabled: false }, "permission_denied"],
    ["lacks a variable", { missing: MISSING }, "needs_config"],
  ])("of a server that %s and was never seen says why, and does not start it", async (_why, over, code) => {
    await using house = openFiles(entry("off", over));
    const { errors } = await house.gateway.describe(["off/read_file"], caller());
    expect(errors.map(({ error }) => error.code)).toEqual([code]);
    expect(house.backend("off").ledger).toEqual([]);
  });
});
