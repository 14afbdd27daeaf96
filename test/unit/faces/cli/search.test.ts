import { expect, test } from "vitest";
import { type SearchOptions, search } from "../../../../src/faces/cli/commands/search.ts";
import { entry, type House, offer, openHouse, tool } from "../../../support/open-house.ts";
import { runIn } from "./running.ts";

function openFiles(): House {
  const house = openHouse([entry("files")]);
  const tools = Array.from({ length: 12 }, (_, at) => tool(`read_file_${at}`, { description: "Reads a file" }));
  offer(house.backend("files"), tools);
  return house;
}

const find = (house: House, options?: SearchOptions, json = false) =>
  runIn(house, (context) => search(context, ["read", "file"], options), { json });

test("a search that is to explain says what was found where, and how sure it is", async () => {
  await using house = openFiles();
  const { out } = await find(house, { explain: true });
  expect(out).toContain("    high confidence: server files; tool read file; lead reads file; description reads file\n");
  expect((await find(house)).out).not.toContain("confidence");
});

test("a search with more to show names the cursor that goes on from there", async () => {
  await using house = openFiles();
  const first = await find(house);
  const cursor = /--cursor (\S+)/.exec(first.err)?.[1] ?? "";
  const second = await find(house, { cursor });
  const lines = (text: string) => text.split("\n").filter((line) => line.startsWith("files/"));
  expect([lines(first.out).length, lines(second.out).length]).toEqual([10, 2]);
  expect(new Set(lines(first.out + second.out)).size).toBe(12);
  expect(second.err).not.toContain("--cursor");
});

test("a cursor of other words is refused", async () => {
  await using house = openFiles();
  const { nextCursor: cursor } = JSON.parse((await find(house, {}, true)).out);
  const other = runIn(house, (context) => search(context, ["list", "files"], { cursor }));
  await expect(other).rejects.toMatchObject({ code: "invalid_argument" });
});
