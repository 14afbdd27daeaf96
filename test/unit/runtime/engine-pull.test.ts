import { expect, test } from "vitest";
import { PullReader } from "../../../src/runtime/engine-pull.ts";

test("a pull is heard line by line, however it is cut", () => {
  const heard: string[] = [];
  const reader = new PullReader((line) => heard.push(line));
  const sent =
    '{"status":"Pulling fs layer","id":"ab12"}\n{"status":"Downloading","id":"ab12","progress":"[=> ] 1MB/9MB"}\nnoise\n{"stream":"Trying to pull x\\n"}';
  for (const byte of Buffer.from(sent)) reader.push(Buffer.from([byte]));
  expect(reader.failure).toBeUndefined();
  expect(heard).toEqual(["ab12 Pulling fs layer", "ab12 Downloading [=> ] 1MB/9MB", "Trying to pull x"]);
});

test("a pull that fails half-way says why, although its status was 200", () => {
  const reader = new PullReader(() => {});
  reader.push(Buffer.from('{"status":"Pulling"}\n{"error":"toomanyrequests: slow down","errorDetail":{}}\n'));
  expect(reader.failure).toBe("toomanyrequests: slow down");
});
