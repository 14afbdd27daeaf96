import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { PassThrough, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { LineWriter } from "../../../src/wire/line-writer.ts";

/** A writable whose reader takes the next batch only when told to. */
function slowStream() {
  const taken: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk.toString());
      waiting.push(done);
    },
  });
  const takeAll = async (writer: LineWriter) => {
    while (writer.queuedBytes > 0) {
      waiting.shift()?.();
      await new Promise(setImmediate);
    }
  };
  return { stream, taken, takeAll, takeOne: () => waiting.shift()?.() };
}

async function socketPair(): Promise<{ readonly near: Socket; readonly far: Socket; readonly server: Server }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const near = connect(address.port, "127.0.0.1");
  const [far] = await accepted;
  return { near, far, server };
}

describe("LineWriter", () => {
  test("lines arrive whole and in order, long ones too", async () => {
    const stream = new PassThrough();
    const writer = new LineWriter(stream, { highWaterBytes: 2 ** 20 });
    const lines = ["one", "x".repeat(300_000), "two", "ä".repeat(100_000), ""];
    const arrived = text(stream);
    for (const line of lines) void writer.write(line);
    await writer.write(Buffer.from("bytes"));
    stream.end();
    expect(await arrived).toBe([...lines, "bytes"].map((line) => `${line}\n`).join(""));
  });

  test("lines written while a batch is under way leave together", async () => {
    const { stream, taken, takeAll } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1_000 });
    for (const line of ["a", "b", "c"]) void writer.write(line);
    await takeAll(writer);
    expect(taken).toEqual(["a\n", "b\nc\n"]);
  });

  test("a write resolves when its bytes are taken, not before", async () => {
    const { stream, takeOne } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1_000 });
    let done = false;
    const written = writer.write("a").then(() => {
      done = true;
    });
    await new Promise(setImmediate);
    expect(done).toBe(false);
    takeOne();
    await written;
    expect(writer.queuedBytes).toBe(0);
  });

  test("congestion is told once above the mark and once again at half of it", async () => {
    const { stream, takeAll } = slowStream();
    const told: string[] = [];
    const writer = new LineWriter(stream, {
      highWaterBytes: 100,
      onCongested: () => told.push(`congested at ${writer.queuedBytes}`),
      onDrained: () => told.push(`drained at ${writer.queuedBytes}`),
    });
    for (let line = 0; line < 15; line += 1) void writer.write("123456789");
    expect(told).toEqual(["congested at 110"]);
    await takeAll(writer);
    expect(told).toEqual(["congested at 110", "drained at 0"]);
  });

  test("flush waits for every byte", async () => {
    const { stream, taken, takeAll } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1_000 });
    void writer.write("a");
    void writer.write("b");
    const flushed = writer.flush().then(() => taken.join(""));
    await takeAll(writer);
    expect(await flushed).toBe("a\nb\n");
  });

  test("a reader that goes away fails every write and frees the queue", async () => {
    const { near, far, server } = await socketPair();
    const failures: Error[] = [];
    const writer = new LineWriter(near, { highWaterBytes: 2 ** 20, onFailed: (error) => failures.push(error) });
    const writes = Array.from({ length: 50 }, () => writer.write("x".repeat(1_000_000)));
    far.destroy();
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.at(-1)).toMatchObject({ status: "rejected", reason: { code: "unavailable" } });
    expect(failures).toEqual([writer.failed]);
    expect(writer.queuedBytes).toBe(0);
    await writer.flush();
    await expect(writer.write("late")).rejects.toBe(writer.failed);
    server.close();
  });

  test("a write under way is not forgotten when its stream is destroyed", async () => {
    const { stream } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1_000 });
    const written = writer.write("a");
    stream.destroy();
    await expect(written).rejects.toMatchObject({ code: "unavailable" });
  });

  test("many pending writes add no listeners to the stream", () => {
    const { stream } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1_000 });
    const before = stream.eventNames().map((name) => stream.listenerCount(name));
    for (let line = 0; line < 100; line += 1) void writer.write("x");
    expect(stream.eventNames().map((name) => stream.listenerCount(name))).toEqual(before);
  });
});
