import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { PassThrough, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/model/errors.ts";
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
    await writer.write([Buffer.from("by"), Buffer.from("tes")]);
    stream.end();
    expect(await arrived).toBe([...lines, "bytes"].map((line) => `${line}\n`).join(""));
  });

  test("lines in parts of any length arrive as one", async () => {
    const length = fc.oneof(fc.integer({ min: 0, max: 150_000 }), fc.integer({ min: 2 ** 16 - 6, max: 2 ** 16 + 1 }));
    const piece = length.map((bytes) => Buffer.alloc(bytes, String.fromCharCode(97 + (bytes % 26))));
    const part = fc.oneof({ weight: 3, arbitrary: piece }, fc.nat());
    const bytesOf = (each: Buffer | number) => (typeof each === "number" ? Buffer.from(String(each)) : each);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(part, { maxLength: 4 }), { maxLength: 5 }), async (lines) => {
        const stream = new PassThrough();
        const arrived = text(stream);
        const writer = new LineWriter(stream, { highWaterBytes: 2 ** 20 });
        const bytes = lines.flat().reduce<number>((sum, each) => sum + bytesOf(each).length, lines.length);
        const written = lines.map((line) => writer.write(line));
        await Promise.all(written);
        expect([writer.queuedBytes, writer.handedOverBytes]).toEqual([0, bytes]);
        stream.end();
        expect((await arrived) === lines.map((line) => `${Buffer.concat(line.map(bytesOf)).toString()}\n`).join("")).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("lines written while a batch is under way leave together", async () => {
    const { stream, taken, takeAll } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1_000 });
    for (const line of ["a", "b", "c"]) void writer.write(line);
    await takeAll(writer);
    expect(taken).toEqual(["a\n", "b\nc\n"]);
  });

  test("lines that are likely to be followed by more leave together at the end of the turn", async () => {
    const { stream, taken, takeAll } = slowStream();
    let busy = true;
    const writer = new LineWriter(stream, { highWaterBytes: 1_000, expectsMore: () => busy });
    const written = Promise.all(["a", "b", "c"].map((line) => writer.write(line)));
    expect(taken).toEqual([]);
    await new Promise(setImmediate);
    expect(taken).toEqual(["a\nb\nc\n"]);
    busy = false;
    void writer.write("d");
    await takeAll(writer);
    await written;
    expect(taken).toEqual(["a\nb\nc\n", "d\n"]);
  });

  test("a stream that breaks before the end of the turn takes the lines that waited for it along", async () => {
    const { stream, taken } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1_000, expectsMore: () => true });
    const written = writer.write("a");
    stream.destroy();
    await expect(written).rejects.toMatchObject({ code: "unavailable" });
    await new Promise(setImmediate);
    expect({ taken, queued: writer.queuedBytes }).toEqual({ taken: [], queued: 0 });
  });

  test("of a stream that breaks, only what was begun may have arrived", async () => {
    const { stream } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 2 ** 20 });
    const outcomeOf = (line: string) =>
      writer.write(line).then(
        () => "written",
        (error: GatewayError) => error.outcome,
      );
    const outcomes = ["a", "b"].map(outcomeOf);
    stream.destroy();
    await new Promise(setImmediate);
    expect(await Promise.all([...outcomes, outcomeOf("c")])).toEqual(["unknown", "not_executed", "not_executed"]);
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

  test("counts what it has handed over, and what not", async () => {
    const { stream, takeOne } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1_000 });
    void writer.write("123");
    void writer.write([Buffer.from("12")]);
    expect([writer.handedOverBytes, writer.queuedBytes]).toEqual([0, 7]);
    takeOne();
    await new Promise(setImmediate);
    expect([writer.handedOverBytes, writer.queuedBytes]).toEqual([4, 3]);
  });

  test("bytes and text leave the same way, each with its newline", async () => {
    const { stream, taken, takeAll } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1_000 });
    void writer.write([new Uint8Array([0xff, 0x41])]);
    void writer.write("a");
    await takeAll(writer);
    expect(taken).toEqual(["\uFFFDA\n", "a\n"]);
  });

  test("a long line leaves in slices of 64 KiB, and no other line shares its last but what fits", async () => {
    const { stream, taken, takeAll } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 2 ** 20 });
    for (const line of ["x".repeat(100_000), "y".repeat(40_000), "z"]) void writer.write(line);
    await takeAll(writer);
    const all = `${"x".repeat(100_000)}\n${"y".repeat(40_000)}\nz\n`;
    expect(taken).toEqual([all.slice(0, 65_536), all.slice(65_536, 131_072), all.slice(131_072)]);
  });

  test("a line that fills its batch to the byte leaves nothing over", async () => {
    const { stream, taken, takeAll } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 2 ** 20 });
    for (const line of ["a", "x".repeat(65_535), "b"]) void writer.write(line);
    await takeAll(writer);
    expect(taken.map((batch) => batch.length)).toEqual([2, 65_536, 2]);
  });

  test("congestion ends at half of the mark, not above it, and can begin anew", async () => {
    const { stream, takeOne, takeAll } = slowStream();
    const told: string[] = [];
    const writer = new LineWriter(stream, {
      highWaterBytes: 100,
      onCongested: () => told.push(`congested at ${writer.queuedBytes}`),
      onDrained: () => told.push(`drained at ${writer.queuedBytes}`),
    });
    const congest = async () => {
      void writer.write("x".repeat(50)); // a batch of its own
      void writer.write("x".repeat(49));
      await new Promise(setImmediate);
      expect(writer.queuedBytes).toBe(101);
      takeOne();
      await new Promise(setImmediate);
    };
    await congest();
    expect(told).toEqual(["congested at 101", "drained at 50"]);
    await takeAll(writer);
    await congest();
    expect(told).toEqual(["congested at 101", "drained at 50", "congested at 101", "drained at 50"]);
  });

  test("exactly the mark is no congestion", () => {
    const { stream } = slowStream();
    let congested = false;
    const writer = new LineWriter(stream, {
      highWaterBytes: 10,
      onCongested: () => {
        congested = true;
      },
    });
    void writer.write("123456789");
    expect(congested).toBe(false);
    void writer.write("");
    expect(congested).toBe(true);
  });

  test("nobody need listen", async () => {
    const { stream, takeAll } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1 });
    const written = [writer.write("one"), writer.write("two")];
    await takeAll(writer);
    await Promise.all(written);
    stream.destroy(new Error("broken"));
    await new Promise(setImmediate);
    await expect(writer.write("late")).rejects.toBeInstanceOf(GatewayError);
  });

  test("flush is over at once when nothing is queued, and not before everything is written", async () => {
    const { stream, takeOne } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1_000 });
    await writer.flush();
    void writer.write("a");
    void writer.write("b");
    let flushed = false;
    void writer.flush().then(() => {
      flushed = true;
    });
    takeOne();
    await new Promise(setImmediate);
    expect([flushed, writer.queuedBytes]).toEqual([false, 2]);
    takeOne();
    await new Promise(setImmediate);
    expect(flushed).toBe(true);
  });

  test("a stream that breaks while nothing is queued is told once, with its cause", async () => {
    const { stream } = slowStream();
    const failures: Error[] = [];
    const writer = new LineWriter(stream, { highWaterBytes: 1_000, onFailed: (error) => failures.push(error) });
    expect(writer.failed).toBeUndefined();
    const broken = new Error("EPIPE");
    stream.destroy(broken);
    await new Promise(setImmediate);
    expect(failures).toEqual([writer.failed]);
    expect(writer.failed).toMatchObject({ code: "unavailable", message: "Cannot write: the reading end is closed" });
    expect(writer.failed?.cause).toBe(broken);
  });

  test("of the lines that left together before the break each is told what came of it, once", async () => {
    const { stream, taken, takeOne } = slowStream();
    const writer = new LineWriter(stream, { highWaterBytes: 1_000 });
    const ends: string[] = [];
    for (const line of ["a", "b", "c"])
      void writer.write(line).then(
        () => ends.push(`${line} written`),
        () => ends.push(`${line} lost`),
      );
    takeOne();
    await new Promise(setImmediate);
    void writer.write("d").catch(() => ends.push("d lost"));
    const flushed = writer.flush();
    stream.destroy();
    await flushed;
    expect(taken).toEqual(["a\n", "b\nc\n"]);
    expect(ends).toEqual(["a written", "b lost", "c lost", "d lost"]);
    expect(writer.queuedBytes).toBe(0);
  });
});
