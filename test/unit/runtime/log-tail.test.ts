import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { LogTail } from "../../../src/runtime/log-tail.ts";

async function tailOf(...chunks: readonly (string | Buffer)[]): Promise<readonly string[]> {
  const stream = new PassThrough();
  const log = new LogTail();
  const ended = log.follow(stream);
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await ended;
  return log.lines();
}

test("it keeps the last 200 lines, oldest first", async () => {
  const lines = Array.from({ length: 250 }, (_, index) => `line ${index}`);
  expect(await tailOf(`${lines.join("\n")}\n`)).toEqual(lines.slice(50));
});

test("it cuts a long line at 4 KiB and goes on with the next", async () => {
  const lines = await tailOf("x".repeat(10_000_000), "\nnext\r\nlast");
  expect(lines).toEqual([`${"x".repeat(4_096)}…`, "next", "last"]);
});

test("it puts together characters that were split between chunks", async () => {
  const bytes = Buffer.from("Tür\n");
  expect(await tailOf(bytes.subarray(0, 2), bytes.subarray(2))).toEqual(["Tür"]);
});

test("it can be read while a stream goes on, and what was read stays as it was", async () => {
  const stream = new PassThrough();
  const log = new LogTail();
  void log.follow(stream);
  stream.write("one\n");
  const before = log.lines();
  stream.write("two\n");
  expect([before, log.lines()]).toEqual([["one"], ["one", "two"]]);
});

test("a stream that breaks has ended, with the line it was in", async () => {
  const stream = new PassThrough();
  const log = new LogTail();
  const ended = log.follow(stream);
  stream.write("half a li");
  stream.destroy(new Error("gone"));
  await ended;
  expect(log.lines()).toEqual(["half a li"]);
});
