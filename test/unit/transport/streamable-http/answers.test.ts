import { describe, expect, test } from "vitest";
import type { Signal } from "../../../../src/model/signal.ts";
import { callTool, connect } from "../../../support/connecting.ts";
import {
  type Behaviour,
  dripping,
  event,
  flooding,
  gzipped,
  json,
  raw,
  resultFor,
  type ScriptedHttp,
  silent,
  sse,
  startScriptedHttp,
  status,
} from "../../../support/scripted-http.ts";

const HELLO = { content: [{ type: "text", text: "hello" }], odd: { kept: true } };
const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

async function callAnswered(behaviour: Behaviour, signal?: Signal): Promise<unknown> {
  await using backend = await startScriptedHttp({ era: "legacy", on: { "tools/call": behaviour } });
  await using connection = await connect(backend.url, { era: "legacy" });
  return await callTool(connection, "t", signal);
}

describe("good answers", () => {
  test.each<[string, Behaviour]>([
    ["as JSON", json(HELLO)],
    ["as JSON with a parameter and odd case in the type", json(HELLO, { "content-type": "Application/JSON; charset=utf-8" })],
    ["as one event", sse(event((request) => resultFor(request, HELLO)))],
    ["with CRLF", sse((request) => `data: ${JSON.stringify(resultFor(request, HELLO))}\r\n\r\n`)],
    ["with bare CR", sse((request) => `data: ${JSON.stringify(resultFor(request, HELLO))}\r\r`)],
    [
      "after a BOM, comments and another kind of event",
      sse(
        () => "\uFEFF: hi\n\n: keep-alive\n\nevent: other\ndata: {nonsense\n\n",
        event((request) => resultFor(request, HELLO)),
      ),
    ],
    [
      "over many data lines",
      sse((request) => {
        const lines = JSON.stringify(resultFor(request, HELLO), null, 1).split("\n");
        return `${lines.map((line) => `data: ${line}`).join("\n")}\n\n`;
      }),
    ],
  ])("%s is given back as it came", async (_name, behaviour) => {
    expect(await callAnswered(behaviour)).toEqual(HELLO);
  });

  test("an 8 MiB result in one event arrives whole", async () => {
    const long = "x".repeat(8 * 2 ** 20 - 1_000);
    const answer = await callAnswered(sse(event((request) => resultFor(request, { text: long }))));
    expect(answer).toEqual({ text: long });
  });

  test("a stream that stays open after its response does not hold the caller", async () => {
    const answer = await callAnswered((request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(event((asked) => resultFor(asked, HELLO))(request));
    });
    expect(answer).toEqual(HELLO);
  });
});

describe("answers that break the protocol are upstream_protocol with an unknown outcome", () => {
  test.each<[string, Behaviour]>([
    ["compressed", gzipped(HELLO)],
    ["another type", status(200, { "content-type": "text/html" }, "<p>hello</p>")],
    ["accepted without a result", status(202)],
    ["no JSON", status(200, { "content-type": "application/json" }, "{oops")],
    ["truncated without a length", raw(`${HEAD}connection: close\r\n\r\n`, '{"jsonrpc":"2.0","id":1,"res')],
    [
      "a batch",
      (request, response) => {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify([resultFor(request, HELLO)]));
      },
    ],
    [
      "another id",
      (_request, response) => {
        response.writeHead(200, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":999,"result":{}}');
      },
    ],
    [
      "an id of another type",
      (request, response) => {
        const body = { ...resultFor(request, HELLO), id: String(request.message["id"]) };
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
      },
    ],
    ["another id in a stream", sse(() => 'data: {"jsonrpc":"2.0","id":999,"result":{}}\n\n')],
    ["no JSON in a stream", sse(() => "data: {oops\n\n")],
    ["a stream that ends without a response", sse(() => ": nothing\n\n")],
    ["a result whose _meta is no object", json({ _meta: 1 })],
    ["garbage instead of HTTP", raw("hello, this is no HTTP\r\n\r\n")],
    [
      "headers without end",
      raw("HTTP/1.1 200 OK\r\n", ...Array.from({ length: 40 }, (_, at) => `x-${at}: ${"v".repeat(1_000)}\r\n`)),
    ],
    [
      "more events than anyone needs",
      sse(
        () => `event: noise\ndata: x\n\n`.repeat(10_001),
        () => ": more\n\n",
      ),
    ],
  ])("%s", async (_name, behaviour) => {
    await expect(callAnswered(behaviour)).rejects.toMatchObject({ code: "upstream_protocol", outcome: "unknown", backend: "b" });
  });
});

describe("answers that are more than we take are answer_over_limit with an unknown outcome", () => {
  test.each<[string, Behaviour]>([
    [
      "a result nested too deep",
      (request, response) => {
        const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
        const body = `{"jsonrpc":"2.0","id":${String(request.message["id"])},"result":{"x":${deep}}}`;
        response.writeHead(200, { "content-type": "application/json" }).end(body);
      },
    ],
    ["a body above the limit", flooding(64 * 2 ** 20)],
    ["a body whose length is above the limit", raw(`${HEAD}content-length: 99999999\r\n\r\n`, "{")],
    ["an event above the limit", flooding(64 * 2 ** 20, { "content-type": "text/event-stream" }, "data: ")],
    ["a line above the limit", flooding(64 * 2 ** 20, { "content-type": "text/event-stream" }, ": ")],
  ])("%s", async (_name, behaviour) => {
    await expect(callAnswered(behaviour)).rejects.toMatchObject({ code: "answer_over_limit", outcome: "unknown", backend: "b" });
  });
});

test.each<[string, Behaviour]>([
  ["before a byte of the answer", (_request, response) => response.socket?.destroy()],
  ["within the body", raw(`${HEAD}content-length: 500\r\n\r\n`, '{"jsonrpc":')],
])("a connection that closes %s leaves the outcome unknown", async (_name, behaviour) => {
  await expect(callAnswered(behaviour)).rejects.toMatchObject({ code: "unavailable", outcome: "unknown" });
});

test.each<[string, Behaviour]>([
  ["never answers", silent],
  ["drips", dripping],
  [
    "sends endless comments",
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const pulse = setInterval(() => response.write(": still here\n\n"), 5);
      response.once("close", () => clearInterval(pulse));
    },
  ],
  [
    "sends endless interim answers",
    (_request, response) => {
      const pulse = setInterval(() => response.writeProcessing(), 5);
      response.once("close", () => clearInterval(pulse));
    },
  ],
])("the caller's signal ends a call of a backend that %s, with the signal's own reason", async (_name, behaviour) => {
  await using backend = await startScriptedHttp({ era: "legacy", on: { "tools/call": behaviour } });
  await using connection = await connect(backend.url, { era: "legacy" });
  const controller = new AbortController();
  const reason = new Error("enough");
  const call = callTool(connection, "t", controller.signal);
  const arrived = await backend.arrival("tools/call");
  controller.abort(reason);
  await expect(call).rejects.toMatchObject({ cause: reason });
  await arrived.gone;
  expect(cancelledIds(backend)).toEqual([arrived.message["id"]]);
});

function cancelledIds(backend: ScriptedHttp): unknown[] {
  return backend.of("notifications/cancelled").map(({ message }) => (message["params"] as { requestId: unknown }).requestId);
}
