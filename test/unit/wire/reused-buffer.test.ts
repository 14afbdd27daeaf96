import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { intoReusedBuffer } from "../../../src/wire/reused-buffer.ts";

let server: Server;
let theirs: Socket;
let ours: Socket;

beforeEach(async () => {
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const accepted = once(server, "connection");
  ours = connect({ port, host: "127.0.0.1", ...intoReusedBuffer((chunk) => ours.push(chunk)) });
  [theirs] = (await accepted) as [Socket];
});

afterEach(() => {
  theirs.destroy();
  ours.destroy();
  server.close();
});

/** Writes parts one at a time, each once the one before has been read, so that none is read together with another. */
async function sendApart(parts: readonly Buffer[]): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let read = 0;
  let wake = (): void => {};
  ours.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    read += chunk.length;
    wake();
  });
  for (const [turn, part] of parts.entries()) {
    const whole = parts.slice(0, turn + 1).reduce((sum, { length }) => sum + length, 0);
    theirs.write(part);
    while (read < whole) await new Promise<void>((resolve) => (wake = resolve));
  }
  return chunks;
}

test("what was read stays what it was, whatever is read after it", async () => {
  const parts = [1, 100, 4_000, 20_000, 32_767, 32_768, 65_536, 65_537, 500_000, 3].map((bytes) => randomBytes(bytes));
  const chunks = await sendApart(parts);
  expect(Buffer.concat(chunks).equals(Buffer.concat(parts))).toBe(true);
});

test("short chunks do not keep the memory they were read into, and long ones are passed on in it", async () => {
  const chunks = await sendApart([100, 60_000, 100, 60_000].map((bytes) => randomBytes(bytes)));
  const kept = new Set(chunks.filter(({ length }) => length >= 32_768).map((chunk) => chunk.buffer));
  for (const chunk of chunks) expect(kept.has(chunk.buffer)).toBe(chunk.length >= 32_768);
  expect(kept.size).toBeGreaterThan(0);
  expect(kept.size).toBe(chunks.filter(({ length }) => length >= 32_768).length);
});

test("a reader that has enough is sent no more, and loses nothing", async () => {
  const sent = randomBytes(8 * 2 ** 20);
  const written = new Promise<void>((resolve) => theirs.write(sent, () => resolve()));
  await once(ours, "readable"); // nobody takes it from there
  for (let turn = 0; turn < 500; turn += 1) await setImmediate();
  expect(ours.bytesRead).toBeLessThan(2 ** 20);
  const received = buffer(ours);
  await written;
  theirs.end();
  expect((await received).equals(sent)).toBe(true);
});
