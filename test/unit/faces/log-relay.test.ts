import { expect, test } from "vitest";
import { LogRelay } from "../../../src/faces/mcp/log-relay.ts";
import type { JsonObject } from "../../../src/model/json.ts";

/** A host that takes the lines when it is told to. */
function slowHost() {
  const lines: JsonObject[] = [];
  const waiting: (() => void)[] = [];
  const relay = new LogRelay((line) => {
    lines.push(line);
    return new Promise((resolve) => waiting.push(resolve));
  });
  const read = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { lines, relay, read };
}

test("lines are passed on at once, in order", () => {
  const { lines, relay } = slowHost();
  for (const data of ["a", "b"]) relay.tell({ level: "info", data });
  expect(lines).toEqual([
    { level: "info", data: "a" },
    { level: "info", data: "b" },
  ]);
});

test("it has settled once every line was taken, and not before", async () => {
  const { relay, read } = slowHost();
  await relay.settled();
  relay.tell({ level: "info", data: "a" });
  let isSettled = false;
  const settled = relay.settled().then(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isSettled).toBe(false);
  read();
  await settled;
  expect(isSettled).toBe(true);
});

test("lines that come later hold nobody up", async () => {
  const { relay, read } = slowHost();
  relay.tell({ level: "info", data: "before" });
  const settled = relay.settled();
  read();
  relay.tell({ level: "info", data: "after" });
  await settled;
});

test("a host that does not read misses lines and hears how many", async () => {
  const { lines, relay, read } = slowHost();
  for (let line = 0; line < 1_000; line += 1) relay.tell({ level: "info", data: line });
  expect(lines).toHaveLength(256);
  read();
  await relay.settled();
  relay.tell({ level: "info", data: "on again" });
  expect(lines.slice(256)).toEqual([
    { level: "warning", logger: "sallyport", data: expect.stringContaining("744 log lines") },
    { level: "info", data: "on again" },
  ]);
});

test("a line of any length leaves as one that can be read, as text", () => {
  const { lines, relay } = slowHost();
  relay.tell({ level: "info", logger: "s", data: { text: "x".repeat(1_000_000) } });
  relay.tell({ level: "info" });
  expect(lines[0]).toMatchObject({ level: "info", logger: "s", data: expect.stringMatching(/^\{"text":"x{1000,}… \(cut\)$/) });
  expect(JSON.stringify(lines[0]).length).toBeLessThan(70_000);
  expect(lines[1]).toEqual({ level: "info" });
});

test("a host that left is no failure", async () => {
  const relay = new LogRelay(() => Promise.reject(new Error("gone")));
  relay.tell({ level: "info", data: "a" });
  await relay.settled();
});
