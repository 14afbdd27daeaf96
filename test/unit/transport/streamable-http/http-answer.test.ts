import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Dispatcher, Pool } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import type { Signal } from "../../../../src/model/signal.ts";
import { LinkedSignal } from "../../../../src/time/linked-signal.ts";
import {
  type AnswerOwner,
  AnswerReader,
  AnswerTooLong,
  type HttpAnswer,
  isWhole,
  type WholeAnswer,
} from "../../../../src/transport/streamable-http/http-answer.ts";
import { gate } from "../../../support/fake-backend.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A real server and one connection to it. */
async function open(onRequest: RequestListener) {
  const server = createServer(onRequest).listen(0, "127.0.0.1");
  await once(server, "listening");
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 1 });
  closing.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => pool.destroy(),
  );
  return (wholeBytes: number | undefined, signal: Signal = new LinkedSignal(), onData: OnData = () => {}) =>
    new Promise<HttpAnswer | WholeAnswer>((onAnswer, onFailed) => {
      pool.dispatch({ method: "GET", path: "/" }, new Watched({ signal, wholeBytes, onAnswer, onFailed }, onData));
    });
}

type OnData = (isPaused: boolean) => void;

/** Tells when it has taken a piece of the body. */
class Watched extends AnswerReader {
  readonly #onData: OnData;

  constructor(options: AnswerOwner, onData: OnData) {
    super(options, () => {});
    this.#onData = onData;
  }

  override onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    super.onResponseData(controller, chunk);
    this.#onData(controller.paused);
  }
}

/** What the kernel has for us would come within these. */
async function fewTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

const JSON_TYPE = { "content-type": "application/json" };
const gone = new Error("given up");

describe("an answer of JSON that is asked for whole", () => {
  test("comes whole, in however many pieces it was sent", async () => {
    const ask = await open(async (_request, response) => {
      response.writeHead(200, JSON_TYPE);
      for (const byte of Buffer.from('["世"]')) {
        response.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      response.end();
    });
    const answer = await ask(100);
    expect([isWhole(answer), answer.statusCode, String(answer.body)]).toEqual([true, 200, '["世"]']);
  });

  test("may be empty, and have any status that is a success", async () => {
    const ask = await open((_request, response) => response.writeHead(202, JSON_TYPE).end());
    const answer = await ask(100);
    expect([isWhole(answer), answer.statusCode, String(answer.body)]).toEqual([true, 202, ""]);
  });

  test("follows its early hints", async () => {
    const ask = await open((_request, response) => {
      response.writeEarlyHints({ link: "</a>; rel=preload" });
      response.writeHead(200, JSON_TYPE).end("{}");
    });
    expect(await ask(100)).toMatchObject({ statusCode: 200 });
  });

  test.each([
    ["says that it is", { "content-length": "11" }],
    ["is", {}],
  ])("fails when it %s longer than it may be", async (_what, headers) => {
    const ask = await open((_request, response) => response.writeHead(200, { ...JSON_TYPE, ...headers }).end("[1,2,3,4,5]"));
    await expect(ask(10)).rejects.toBeInstanceOf(AnswerTooLong);
    expect(String((await ask(11)).body)).toBe("[1,2,3,4,5]");
  });

  test("fails when it breaks off", async () => {
    const ask = await open((_request, response) => {
      response.writeHead(200, { ...JSON_TYPE, "content-length": "11" }).write("[1,");
      setImmediate(() => response.destroy());
    });
    await expect(ask(100)).rejects.toThrow();
  });

  test("fails with the reason of who gives it up, before and while it comes", async () => {
    const ask = await open((_request, response) => response.writeHead(200, JSON_TYPE).write("["));
    const [now, queued, later] = [new LinkedSignal(), new LinkedSignal(), new LinkedSignal()];
    const first = ask(100, now);
    const second = ask(100, queued); // the only connection is taken
    queued.abort(gone);
    await expect(second).rejects.toBe(gone);
    now.abort(gone);
    await expect(first).rejects.toBe(gone);
    const third = ask(100, later, () => later.abort(gone));
    await expect(third).rejects.toBe(gone);
  });
});

describe("any other answer", () => {
  test.each<[string, number | undefined, number, Record<string, string>]>([
    ["JSON nobody wants whole", undefined, 200, JSON_TYPE],
    ["a refusal", 100, 404, JSON_TYPE],
    ["compressed", 100, 200, { ...JSON_TYPE, "content-encoding": "br" }],
    ["a stream of events", 100, 200, { "content-type": "text/event-stream" }],
    ["of no type", 100, 200, {}],
  ])("is read as it comes: %s", async (_what, wholeBytes, status, headers) => {
    const ask = await open((_request, response) => response.writeHead(status, headers).end("[1]"));
    const answer = await ask(wholeBytes);
    if (isWhole(answer)) throw new Error("Expected a stream");
    expect([answer.statusCode, await text(answer.body)]).toEqual([status, "[1]"]);
  });

  test("holds its server back while nobody reads", async () => {
    let written = 0;
    const ask = await open((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      while (written < 64 * 2 ** 20) {
        written += 2 ** 20;
        if (!response.write(Buffer.alloc(2 ** 20, "x"))) break;
      }
      response.end();
    });
    const held = gate<void>();
    const { body } = (await ask(100, new LinkedSignal(), (isPaused) => isPaused && held.open())) as HttpAnswer;
    await held.promise;
    const { readableLength } = body;
    expect(readableLength).toBeLessThan(2 ** 20);
    await fewTurns();
    expect(body.readableLength).toBe(readableLength);
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(written);
  });

  test("ends its connection when it is left, and breaks for who reads it when it is given up", async () => {
    const ended: Promise<unknown>[] = [];
    const ask = await open((_request, response) => {
      ended.push(once(response, "close"));
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
    });
    const left = (await ask(100)) as HttpAnswer;
    left.body.destroy();
    const signal = new LinkedSignal();
    const { body } = (await ask(100, signal)) as HttpAnswer;
    const reading = text(body);
    signal.abort(gone);
    await expect(reading).rejects.toBe(gone);
    await Promise.all(ended);
    expect(ended).toHaveLength(2);
  });

  test("nobody hears of it any more once it has ended", async () => {
    const ask = await open((_request, response) => response.writeHead(200, JSON_TYPE).end("{}"));
    const signal = new LinkedSignal();
    const heard: string[] = [];
    const listens = signal.removeEventListener.bind(signal);
    signal.removeEventListener = (type, listener) => {
      heard.push(type);
      listens(type, listener);
    };
    await ask(100, signal);
    expect(heard).toEqual(["abort"]);
  });
});

test("a request that is given up in the queue for the only connection is told so once, and not again when its turn comes", async () => {
  const [first, arrived] = [gate<void>(), gate<void>()];
  const server = createServer(async (_request, response) => {
    arrived.open();
    await first.promise;
    response.writeHead(200, JSON_TYPE).end("1");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 1 });
  closing.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => pool.destroy(),
  );
  const told: unknown[] = [];
  const send = (signal: Signal) =>
    new Promise<unknown>((onAnswer) => {
      const onFailed = (error: unknown): void => void told.push(error);
      pool.dispatch({ method: "GET", path: "/" }, new AnswerReader({ signal, wholeBytes: 100, onAnswer, onFailed }, () => {}));
    });
  const caller = new LinkedSignal();
  const answer = send(new LinkedSignal());
  await arrived.promise;
  void send(caller);
  const last = send(new LinkedSignal());
  caller.abort(gone);
  expect(told).toEqual([gone]);
  first.open();
  await Promise.all([answer, last]);
  expect(told).toEqual([gone]);
});
