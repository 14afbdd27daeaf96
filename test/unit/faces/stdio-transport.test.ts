import { PassThrough } from "node:stream";
import type { JSONRPCMessage } from "@modelcontextprotocol/server";
import { describe, expect, test } from "vitest";
import { type ConnectionEnd, StdioTransport } from "../../../src/faces/mcp/stdio-transport.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const MIB = 2 ** 20;
const PROTOCOL_VERSION = "io.modelcontextprotocol/protocolVersion";
const turn = () => new Promise(setImmediate);

/** A transport with a host at the other end that reads only when asked to. */
async function openWire() {
  const input = new PassThrough();
  const output = new PassThrough({ highWaterMark: 1 });
  const clock = new ManualClock();
  const ends: ConnectionEnd[] = [];
  const received: JSONRPCMessage[] = [];
  const log = { closed: 0, errors: [] as Error[] };
  const transport = new StdioTransport({ input, output, clock, onEnd: (why) => ends.push(why) });
  transport.onmessage = (message) => received.push(message);
  transport.onerror = (error) => log.errors.push(error);
  transport.onclose = () => {
    log.closed += 1;
  };
  await transport.start();
  let text = "";
  const say = async (...lines: (string | object)[]) => {
    for (const line of lines) input.write(typeof line === "string" ? `${line}\n` : `${JSON.stringify(line)}\n`);
    await turn();
  };
  /** Everything the transport has written so far, read now. */
  const heard = async (): Promise<unknown[]> => {
    output.on("data", (chunk) => {
      text += chunk;
    });
    await transport.flush();
    await turn();
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  };
  return { transport, input, output, clock, ends, received, log, say, heard };
}

const request = (id: string | number, method = "ping", params?: object) => ({
  jsonrpc: "2.0" as const,
  id,
  method,
  ...(params && { params }),
});
const result = (id: string | number, value: Record<string, unknown> = {}) => ({ jsonrpc: "2.0" as const, id, result: value });
const failure = (id: unknown, code: number) => expect.objectContaining({ id, error: expect.objectContaining({ code }) });

describe("what comes in", () => {
  test("requests, notifications and responses reach the SDK as they came", async () => {
    const wire = await openWire();
    const messages = [
      request(1, "tools/call", { name: "x" }),
      { jsonrpc: "2.0", method: "notifications/initialized" },
      result(0),
    ];
    await wire.say(...messages);
    expect(wire.received).toEqual(messages);
    expect(wire.transport.inFlight).toBe(1);
  });

  test("what the SDK would drop in silence is answered", async () => {
    const wire = await openWire();
    await wire.say("garbage", "[]", '{"jsonrpc":"2.0","id":1}', { ...request(2), more: 1 }, request(3, "ping", { _meta: 5 }));
    await wire.say(request(4, "ping", { _meta: { progressToken: {} } }), request(5));
    expect(await wire.heard()).toEqual([
      failure(null, -32_700),
      failure(null, -32_600),
      failure(1, -32_600),
      failure(2, -32_600),
      failure(3, -32_602),
      failure(4, -32_602),
    ]);
    expect(wire.received).toEqual([request(5)]);
  });

  test("a second request of the same id is refused while the first is open, and welcome afterwards", async () => {
    const wire = await openWire();
    await wire.say(request(1), request("1"), request(1));
    void wire.transport.send(result(1));
    await wire.say(request(1));
    expect(await wire.heard()).toEqual([failure(1, -32_600), result(1)]);
    expect(wire.received).toEqual([request(1), request("1"), request(1)]);
  });

  test("a request of an unknown protocol version is answered with those we serve", async () => {
    const wire = await openWire();
    const claim = (version: unknown) => ({ _meta: { [PROTOCOL_VERSION]: version } });
    await wire.say(request(1, "tools/list", claim("1900-01-01")), request(2, "tools/list", claim("2026-07-28")));
    await wire.say(request(3, "initialize", { protocolVersion: "1900-01-01", capabilities: {}, clientInfo: {} }));
    expect(await wire.heard()).toEqual([
      {
        jsonrpc: "2.0",
        id: 1,
        error: {
          code: -32_022,
          message: 'Protocol version "1900-01-01" is not supported',
          data: { supported: ["2026-07-28"], requested: "1900-01-01" },
        },
      },
    ]);
    expect(wire.received).toHaveLength(2);
  });

  test.each([
    ["before its params", (padding: string) => `{"jsonrpc":"2.0","id":7,"method":"x","params":{"id":1,"a":"${padding}"}}`, 7],
    ["behind its params", (padding: string) => `{"method":"x","params":{"id":1,"a":"${padding}"},"jsonrpc":"2.0","id":"7"}`, "7"],
    ["nowhere", (padding: string) => `{"method":"x","params":{"id":1,"a":"${padding}"},"jsonrpc":"2.0"}`, null],
    ["in a response", (padding: string) => `{"result":{"a":"${padding}"},"jsonrpc":"2.0","id":7}`, null],
  ])("a too long message with its id %s is refused, the next one served", async (_where, message, id) => {
    const wire = await openWire();
    await wire.say(message("x".repeat(8 * MIB)), request("next"));
    expect(await wire.heard()).toEqual([failure(id, -32_600)]);
    expect(wire.received).toEqual([request("next")]);
  });
});

describe("what goes out", () => {
  test("an answer to a cancelled request is dropped", async () => {
    const wire = await openWire();
    await wire.say(request(1), request(2), { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    expect(wire.transport.inFlight).toBe(1);
    await wire.transport.send(result(1));
    void wire.transport.send(result(2));
    expect(await wire.heard()).toEqual([result(2)]);
  });

  test("a relayed result goes out as it is, with what the SDK adds for the protocol", async () => {
    const wire = await openWire();
    await wire.say(request(1), request(2));
    const relayed = { content: [{ type: "novel", more: 1 }], extra: true, _meta: { trace: "t" } };
    wire.transport.relay(1, relayed);
    wire.transport.relay(2, relayed);
    void wire.transport.send(result(1, { content: [], resultType: "complete", _meta: { server: "s" } }));
    void wire.transport.send({ jsonrpc: "2.0", id: 2, error: { code: -32_603, message: "failed" } });
    expect(await wire.heard()).toEqual([
      result(1, { ...relayed, resultType: "complete", _meta: { trace: "t", server: "s" } }),
      failure(2, -32_603),
    ]);
  });

  test("an answer too long for SDK clients becomes an error", async () => {
    const wire = await openWire();
    await wire.say(request(1), request(2));
    void wire.transport.send(result(1, { text: "x".repeat(8 * MIB) }));
    void wire.transport.send(result(2, { text: "ä".repeat(3 * MIB) }));
    const [refused, passed] = await wire.heard();
    expect(refused).toEqual(failure(1, -32_603));
    expect(passed).toMatchObject({ id: 2 });
  });

  test("an answer that cannot be written as JSON becomes an error with its id", async () => {
    const wire = await openWire();
    await wire.say(request(1), request(2), request(3));
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    void wire.transport.send(result(1, circle));
    void wire.transport.send(result(2, { count: 1n }));
    void wire.transport.send(result(3, JSON.parse(`{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`)));
    expect(await wire.heard()).toEqual([failure(1, -32_603), failure(2, -32_603), failure(3, -32_603)]);
  });

  test("a notification that cannot be written rejects", async () => {
    const wire = await openWire();
    const sent = wire.transport.send({ jsonrpc: "2.0", method: "notifications/message", params: { count: 1n } });
    await expect(sent).rejects.toMatchObject({ code: "internal" });
  });

  test("the queue toward a host that does not read is bounded", async () => {
    const wire = await openWire();
    for (let id = 0; id < 20; id += 1) await wire.say(request(id));
    for (let id = 0; id < 20; id += 1) void wire.transport.send(result(id, { text: "x".repeat(7 * MIB) }));
    const answers = await wire.heard();
    expect(answers.filter((answer) => JSON.stringify(answer).length > 7 * MIB)).toHaveLength(9);
    expect(answers.slice(9)).toEqual(Array.from({ length: 11 }, (_, at) => failure(at + 9, -32_603)));
  });
});

describe("a host that does not read", () => {
  const congest = async (wire: Awaited<ReturnType<typeof openWire>>) => {
    await wire.say(request("big"));
    void wire.transport.send(result("big", { text: "x".repeat(2 * MIB) })).catch(() => {});
    await turn();
  };

  test("is not read from until it reads again", async () => {
    const wire = await openWire();
    await congest(wire);
    await wire.say(request(1), request(2));
    expect(wire.received).toEqual([request("big")]);
    await wire.heard();
    expect(wire.received).toEqual([request("big"), request(1), request(2)]);
  });

  test("counts as stalled after a minute in which it took nothing", async () => {
    const wire = await openWire();
    await congest(wire);
    await wire.clock.advance(59_000);
    expect(wire.ends).toEqual([]);
    wire.output.read();
    await wire.clock.advance(59_000);
    expect(wire.ends).toEqual([]);
    await wire.clock.advance(3_000);
    expect(wire.ends).toEqual(["stalled"]);
  });

  test("is noticed when it closes our input, and its last requests still count", async () => {
    const wire = await openWire();
    await congest(wire);
    await wire.say(request(1));
    wire.input.end(`${JSON.stringify(request(2))}`);
    await wire.clock.advance(5_000);
    expect(wire.ends).toEqual(["eof"]);
    const settled = wire.transport.settled();
    await wire.heard();
    expect(wire.received).toEqual([request("big"), request(1), request(2)]);
    void wire.transport.send(result(1));
    void wire.transport.send(result(2));
    await settled;
    expect(await wire.heard()).toHaveLength(3);
  });
});

describe("the end", () => {
  test("end of input is told once, and requests that came before it are still answered", async () => {
    const wire = await openWire();
    wire.input.end(JSON.stringify(request(1)));
    await turn();
    wire.input.destroy();
    await turn();
    expect(wire.ends).toEqual(["eof"]);
    expect(wire.transport.inFlight).toBe(1);
    void wire.transport.send(result(1));
    expect(await wire.heard()).toEqual([result(1)]);
    await wire.transport.settled();
  });

  test("a host that closes our output settles everything", async () => {
    const wire = await openWire();
    await wire.say(request(1), request(2));
    wire.output.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await wire.transport.settled();
    expect(wire.ends).toEqual(["broken_pipe"]);
    await wire.transport.send(result(1));
    await wire.transport.close();
    expect(wire.log.closed).toBe(1);
  });

  test("close says of a call that it may have run, and of anything else that it did not", async () => {
    const wire = await openWire();
    await wire.say(request(1, "tools/call"), request(2, "prompts/list"));
    await wire.transport.close();
    expect(await wire.heard()).toMatchObject([
      {
        id: 1,
        error: { message: expect.stringContaining("verify its effect"), data: { code: "shutting_down", outcome: "unknown" } },
      },
      { id: 2, error: { data: { code: "shutting_down", outcome: "not_executed" } } },
    ]);
  });

  test("close answers what is in flight and is told once", async () => {
    const wire = await openWire();
    await wire.say(request(1), request(2, "subscriptions/listen"));
    await Promise.all([wire.transport.close(), wire.transport.close()]);
    await wire.say(request(3));
    expect(await wire.heard()).toEqual([failure(1, -32_603), failure(2, -32_603)]);
    expect(wire.log.closed).toBe(1);
    expect(wire.ends).toEqual(["closed"]);
    await wire.transport.send(result(1));
    await expect(wire.transport.send({ jsonrpc: "2.0", method: "x" })).rejects.toMatchObject({ code: "shutting_down" });
  });

  test("an open subscription keeps nobody waiting", async () => {
    const wire = await openWire();
    await wire.say(request(1, "subscriptions/listen"));
    expect(wire.transport.inFlight).toBe(0);
    await wire.transport.settled();
  });
});
