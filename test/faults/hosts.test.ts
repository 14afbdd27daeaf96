import { afterAll, beforeAll, expect } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { faultCase } from "./support/levels.ts";
import { ask, expectExact, type holdCalls, openProcessWard, type ProcessWard, release, said } from "./support/process-ward.ts";

let ward: ProcessWard;
beforeAll(async () => {
  ward = await openProcessWard();
});
afterAll(() => ward?.[Symbol.asyncDispose]());

const line = (message: unknown): string => `${JSON.stringify(message)}\n`;
const ping = (id: unknown): string => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"ping"}\n`;
const deep = `{"jsonrpc":"2.0","id":"deep","method":"ping","params":{"x":${"[".repeat(20_000)}${"]".repeat(20_000)}}}\n`;

/** What a careless or hostile host may write, and the code of the error it is told; undefined if it is told nothing. */
const LINES: readonly (readonly [fault: string, what: string, bytes: string | Buffer, code: number | undefined])[] = [
  ["F23", "no JSON", "hello there\n", -32_700],
  ["F23", "half a message", '{"jsonrpc":"2.0","id":7,"meth\n', -32_700],
  ["F23", "JSON but no message", line({ hello: 1 }), -32_600],
  ["F23", "a batch", line([{ jsonrpc: "2.0", id: 1, method: "ping" }]), -32_600],
  ["F23", "an answer to nobody", line({ jsonrpc: "2.0", id: 99_999, result: {} }), undefined],
  ["F23", "an empty line", "\n\r\n", undefined],
  ["F24", "9 MB without an end", Buffer.concat([Buffer.alloc(9 * 2 ** 20, 0x61), Buffer.from("\n")]), -32_600],
  ["F24", "binary", Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a]), -32_700],
  ["F24", "NULs", "\u0000\u0000\u0000\n", -32_700],
  [
    "F24",
    "a byte that is no UTF-8 in a text",
    Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}\n')]),
    -32_600,
  ],
  ["F24", "20,000 levels of nesting", deep, -32_600],
  ["F25", "an id that is null", line({ jsonrpc: "2.0", id: null, method: "ping" }), -32_600],
  ["F25", "an id that is true", line({ jsonrpc: "2.0", id: true, method: "ping" }), -32_600],
  ["F25", "an id that is a list", line({ jsonrpc: "2.0", id: [1], method: "ping" }), -32_600],
  ["F25", "an id that is not whole", line({ jsonrpc: "2.0", id: 1.5, method: "ping" }), undefined],
];

const errorCodes = (messages: readonly JsonObject[]): unknown[] =>
  messages.flatMap(({ error }) => (typeof error === "object" && error !== null && "code" in error ? [error.code] : []));

for (const [fault, what, bytes, code] of LINES)
  faultCase(`${fault} a host that writes ${what} is told so if at all, and its calls go on`, async (level) => {
    const { gateway, patient } = ward;
    await patient.behave("answer");
    const held = await holdAfresh(level);
    const heard = gateway.notifications.length;
    gateway.write(bytes);
    const pong = await gateway.request("ping");
    expect(pong).toHaveProperty("result");
    const told = errorCodes(gateway.notifications.slice(heard));
    if (code !== undefined) expect(told).toEqual([code]);
    gateway.notifications.splice(heard);
    await release(ward);
    expect(new Set(await Promise.all(held.map(said)))).toEqual(new Set(level === 0 ? [] : ["done"]));
    await expectExact(ward, held);
  });

/** `holdCalls`, for a ward that many cases share: what the ledger says counts from here. */
async function holdAfresh(level: Parameters<typeof holdCalls>[1]) {
  const { gateway, patient } = ward;
  expect(await said(ask(gateway, "patient/write"))).toBe("done");
  const taken = patient.ledger.length;
  await patient.behave("hold");
  const asked = Array.from({ length: level }, () => ask(gateway, "patient/write"));
  await expect.poll(() => patient.ledger.length - taken, { timeout: 10_000, interval: 2 }).toBe(Math.min(level, 32));
  return asked;
}

faultCase("F25 a second request with an id in flight is refused, and the first is answered once", async (level) => {
  const { gateway } = ward;
  const held = await holdAfresh(level);
  const heard = gateway.notifications.length;
  const id = `twice ${level}`;
  const first = gateway.request(
    "tools/call",
    { name: "invoke", arguments: { tool: "patient/write", arguments: { key: id } } },
    id,
  );
  gateway.write(ping(id));
  expect(await first).toMatchObject({ error: { code: -32_600 } });
  await release(ward);
  expect(new Set(await Promise.all(held.map(said)))).toEqual(new Set(level === 0 ? [] : ["done"]));
  await gateway.request("ping");
  await expect.poll(() => gateway.notifications.slice(heard).filter((message) => message["id"] === id).length).toBe(1);
  gateway.notifications.splice(heard);
  await expectExact(ward, held);
});

faultCase("F21 a host that stops reading for a while loses no answer", async (level) => {
  const { gateway } = ward;
  gateway.child.stdout.pause();
  const asked = Array.from({ length: Math.max(1, level) }, () => gateway.request("tools/list"));
  await release(ward);
  gateway.child.stdout.resume();
  for (const answer of await Promise.all(asked)) expect(answer).toHaveProperty("result");
  expect(gateway.strayLines).toEqual([]);
});
