import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, LookupFunction } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LinkedSignal } from "../../../../src/time/linked-signal.ts";
import { Connections, refuseLinkLocal } from "../../../../src/transport/streamable-http/connections.ts";
import { type HttpAnswer, isWhole, type WholeAnswer } from "../../../../src/transport/streamable-http/http-answer.ts";

/** On a busy machine. */
const PATIENT = { timeout: 20_000, interval: 2 };

const resolvingTo =
  (...addresses: string[]): LookupFunction =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

const verdict = (...addresses: string[]): Promise<string> =>
  new Promise((resolve) => {
    refuseLinkLocal(resolvingTo(...addresses))("host.test", { all: true }, (error) => resolve(error ? "refused" : "allowed"));
  });

test.each([["169.254.169.254"], ["::ffff:169.254.169.254"], ["::ffff:a9fe:a9fe"], ["fe80::1"], ["93.184.216.34", "169.254.0.1"]])(
  "a host name that leads to %s is refused when it is dialled",
  async (...addresses) => {
    expect(await verdict(...addresses)).toBe("refused");
  },
);

test.each(["127.0.0.1", "::1", "10.1.2.3", "93.184.216.34", "2001:db8::1"])(
  "a host name that leads to %s is allowed",
  async (address) => {
    expect(await verdict(address)).toBe("allowed");
  },
);

describe("the one connection there is", () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function open(onRequest: RequestListener) {
    const server = createServer(onRequest).listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    return connectionTo((server.address() as AddressInfo).port);
  }

  function connectionTo(port: number) {
    const connections = new Connections({ kind: "http", url: `http://127.0.0.1:${port}/mcp`, headers: {} }, 1);
    closing.push(() => connections.destroy());
    const ask = (signal = new LinkedSignal(), path = "/0"): Promise<HttpAnswer | WholeAnswer> =>
      new Promise((onAnswer, onFailed) => {
        connections.dispatch({ method: "GET", path }, { signal, wholeBytes: 10, onAnswer, onFailed });
      });
    return { connections, ask };
  }

  const isFreeAgain = (connections: Connections) => vi.waitUntil(() => connections.hasRoom, PATIENT);

  test("is free again after an answer, and used once more", async () => {
    const { connections, ask } = await open((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    const answer = ask();
    expect(connections.hasRoom).toBe(false);
    await answer;
    expect(connections.hasRoom).toBe(true);
    await ask();
    expect(connections).toMatchObject({ hasRoom: true, opened: 1 });
  });

  test("is taken for as long as a stream is not left", async () => {
    const { connections, ask } = await open((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": here\n\n");
      response.req.on("close", () => response.end());
    });
    const stream = await ask();
    if (isWhole(stream)) throw new Error("no stream");
    expect(connections.hasRoom).toBe(false);
    stream.body.destroy();
    await isFreeAgain(connections);
  });

  test("is free again after a stream has ended", async () => {
    const { connections, ask } = await open((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(": here\n\n");
    });
    const stream = await ask();
    if (isWhole(stream)) throw new Error("no stream");
    stream.body.resume();
    await once(stream.body, "end");
    await isFreeAgain(connections);
  });

  test.each<[string, RequestListener]>([
    ["was too long", (_request, response) => response.writeHead(200, { "content-type": "application/json" }).end('"0123456789"')],
    ["broke off", ({ socket }) => socket.destroy()],
  ])("is free again after an answer that %s", async (_how, onRequest) => {
    const { connections, ask } = await open(onRequest);
    await expect(ask()).rejects.toThrow();
    expect(connections.hasRoom).toBe(true);
  });

  test("is free again after its request was given up, in flight or before", async () => {
    const { connections, ask } = await open(() => {});
    const [first, second] = [new LinkedSignal(), new LinkedSignal()];
    const answers = Promise.allSettled([ask(first), ask(second)]);
    second.abort(new Error("given up"));
    first.abort(new Error("given up"));
    await answers;
    await isFreeAgain(connections);
  });

  test("is free again when there is nobody to connect to, which is known of the error", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { connections, ask } = connectionTo(port);
    const error: unknown = await ask().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
    await vi.waitUntil(() => connections.isConnectError(error), PATIENT); // told right after it
    expect(connections).toMatchObject({ hasRoom: true, opened: 0 });
    expect(connections.isConnectError(new Error("another"))).toBe(false);
  });

  test("is free again after a request that cannot be sent, and taken by the next one", async () => {
    const { connections, ask } = await open(() => {});
    await expect(ask(undefined, "no path")).rejects.toMatchObject({ code: "UND_ERR_INVALID_ARG" });
    expect(connections.hasRoom).toBe(true);
    const left = new LinkedSignal();
    const answer = ask(left);
    expect(connections.hasRoom).toBe(false);
    left.abort(new Error("given up"));
    await expect(answer).rejects.toThrow("given up");
  });

  test("is counted free exactly once, whatever comes of the requests that wanted it", async () => {
    const fates = ["answer", "error", "too long", "break", "break off", "stream", "never"] as const;
    const { connections, ask } = await open(({ url, socket }, response) => {
      const fate = fates[Number(url?.slice(1))];
      if (fate === "break") socket.destroy();
      else if (fate === "error") response.writeHead(500).end("no");
      else if (fate === "stream") response.writeHead(200, { "content-type": "text/event-stream" }).end(": here\n\n");
      else if (fate === "never") return;
      else {
        response.writeHead(200, { "content-type": "application/json", "content-length": fate === "too long" ? 90 : 2 });
        if (fate === "break off") setImmediate(() => socket.destroy());
        else response.end(fate === "too long" ? `"${"a".repeat(88)}"` : "{}");
      }
    });
    const request = fc.record({ fate: fc.nat(fates.length - 1), givenUpAfter: fc.option(fc.nat(12)) });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
        const endings = requests.map(async ({ fate, givenUpAfter }) => {
          const signal = new LinkedSignal();
          const answer = ask(signal, `/${fate}`).then(
            (got) => isWhole(got) || got.body.on("error", () => {}).resume(),
            () => {},
          );
          const patience = givenUpAfter ?? (fates[fate] === "never" ? 12 : undefined);
          if (patience === undefined) return await answer;
          for (let turn = 0; turn < patience; turn += 1) await new Promise(setImmediate);
          signal.abort(new Error("given up"));
          await answer;
        });
        await Promise.all(endings);
        await isFreeAgain(connections);
        const last = ask();
        expect(connections.hasRoom).toBe(false);
        await last;
        expect(connections.hasRoom).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
