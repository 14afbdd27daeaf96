import { afterAll, beforeAll, expect, test } from "vitest";
import { discover } from "../../../src/faces/mcp/meta-tools/discover.ts";
import { isJsonObject, type JsonObject } from "../../../src/model/json.ts";
import { readRaw } from "../../../src/model/raw-result.ts";
import labelled from "../../fixtures/search/needs.json" with { type: "json" };
import { caller, entry, type House, offer, openHouse } from "../../support/open-house.ts";
import { connectDirectly, createReferenceFiles, type ReferenceFiles } from "../../support/reference-servers.ts";
import { textOf } from "../../support/tool-answers.ts";

const REFERENCE = ["everything", "filesystem", "memory", "thinking"] as const;
const NEEDS = labelled
  .filter(({ tools }) => tools.some((address) => REFERENCE.some((server) => address.startsWith(`${server}/`))))
  .map(({ need }) => need);

let files: ReferenceFiles;
let house: House;

beforeAll(async () => {
  files = await createReferenceFiles();
  house = openHouse(REFERENCE.map((server) => entry(server)));
  await Promise.all(
    REFERENCE.map(async (server) => {
      await using client = await connectDirectly(server, files);
      offer(house.backend(server), await client.listTools());
    }),
  );
});
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await files?.[Symbol.asyncDispose]();
});

const ask = async (args: JsonObject): Promise<JsonObject> => readRaw(await discover.run(args, house.gateway, caller()));
const tokens = (text: string): number => text.length / 4;
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

test("a page of eight cards costs a model at most 450 tokens in the middle, and a card 25 to 60", async () => {
  expect(NEEDS.length).toBeGreaterThan(20);
  const pages = await Promise.all(NEEDS.map(async (need) => textOf(await ask({ needs: [need] }))));
  const full = pages.filter((page) => page.match(/^- /gm)?.length === 8);
  expect(full.length).toBeGreaterThan(10);
  expect(median(full.map(tokens))).toBeLessThanOrEqual(450);
  const cards = full.flatMap((page) => page.match(/^- .*$/gm) ?? []).map(tokens);
  expect(median(cards)).toBeGreaterThanOrEqual(25);
  expect(median(cards)).toBeLessThanOrEqual(60);
});

test("cards stand under their server, which says its state once", async () => {
  const text = textOf(await ask({ needs: ["read the text of a file"] }));
  expect(text.match(/^filesystem \[running\]$/gm)).toHaveLength(1);
  expect(text).toMatch(/^- filesystem\/read_text_file\(path: string, .*\) \[\w+\] Read the complete contents/m);
});

test("a lone string counts as a list of one, and so does query", async () => {
  const listed = await ask({ needs: ["add two numbers"] });
  expect(await ask({ needs: "add two numbers" })).toEqual(listed);
  expect(await ask({ query: "add two numbers" })).toEqual(listed);
});

test("of nine needs none is answered", async () => {
  const needs = Array.from({ length: 9 }, () => "add");
  await expect(ask({ needs })).rejects.toMatchObject({ message: expect.stringContaining("needs: expected 1 to 8 strings") });
});

test("several needs have a heading each, and a tool found again is not shown in full again", async () => {
  const text = textOf(await ask({ needs: ["read a text file", "read the text of a file"] }));
  expect(text.match(/^# .*$/gm)).toEqual(["# read a text file", "# read the text of a file"]);
  expect(text.match(/^- filesystem\/read_text_file\(/gm)).toHaveLength(1);
  expect(text).toMatch(/^- filesystem\/read_text_file \[\w+\] as above$/m);
});

test("a hopeless need gets what there is and the next step", async () => {
  const text = textOf(await ask({ needs: ["zyzzyva"] }));
  expect(text).toMatch(/^nothing found\n\nNot what you need\? There are \d+ tools: filesystem \(\d+\), /);
  expect(tokens(text)).toBeLessThan(80);
});

test("the cursor of the text is the one of the data, and leads on", async () => {
  const first = await ask({ needs: ["file"], limit: 3 });
  const data = first["structuredContent"];
  const cursor = isJsonObject(data) ? data["nextCursor"] : undefined;
  expect(textOf(first)).toContain(`More: the same with cursor "${cursor}"`);
  const second = textOf(await ask({ needs: ["file"], limit: 3, cursor }));
  const shown = (text: string): readonly string[] => text.match(/^- [^(]*/gm) ?? [];
  expect(shown(second)).toHaveLength(3);
  expect(shown(textOf(first)).filter((line) => shown(second).includes(line))).toEqual([]);
});

test("an explained card says which words of which fields were found", async () => {
  const text = textOf(await ask({ needs: ["sum of two numbers"], explain: true, limit: 1 }));
  expect(text).toMatch(/\n {2}matched: .*description .*numbers/);
});
