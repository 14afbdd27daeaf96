import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { attach } from "../../../src/runtime/engine-attach.ts";

const never = new AbortController().signal;

let dir: string;
let engine: Server;
let socketPath: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sp-attach-"));
  socketPath = join(dir, "engine.sock");
  engine = createServer();
  engine.listen(socketPath);
  await once(engine, "listening");
});

afterEach(async () => {
  engine.close();
  await rm(dir, { recursive: true, force: true });
});

/** Attaches to a container whose end of the connection is the test's. */
async function attached() {
  const container = new Promise<Duplex>((resolve) => {
    engine.once("upgrade", (_request, socket: Duplex) => {
      socket.on("error", () => undefined); // what it is written after its end is lost, and that is the test
      socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
      resolve(socket);
    });
  });
  return { attachment: await attach(socketPath, "/containers/box/attach", never), container: await container };
}

function frame(stream: 1 | 2, payload: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(payload), 4);
  return Buffer.concat([head, Buffer.from(payload)]);
}

test("the two outputs are told apart, and both end with the container", async () => {
  const { attachment, container } = await attached();
  container.end(Buffer.concat([frame(1, "an answer\n"), frame(2, "a word of log\n")]));
  expect(await Promise.all([text(attachment.output), text(attachment.errors)])).toEqual(["an answer\n", "a word of log\n"]);
});

test.each(["a pipe that is broken", "a connection that is reset"])(
  "last words are read although a write met %s",
  async (what) => {
    const { attachment, container } = await attached();
    if (what.includes("reset")) await new Promise((resolve) => attachment.input.write("never read", resolve));
    container.write(frame(2, "DATABASE_URL is not set\n"));
    container.destroy();
    const written = new Promise((resolve) => attachment.input.write("too late", resolve));
    expect(await text(attachment.errors)).toBe("DATABASE_URL is not set\n");
    expect(await written).toMatchObject({ syscall: "write" });
  },
);

test("letting go ends the outputs at once", async () => {
  const { attachment, container } = await attached();
  const left = once(container.resume(), "end");
  attachment.close();
  expect(await Promise.all([text(attachment.output), text(attachment.errors)])).toEqual(["", ""]);
  await left;
});
