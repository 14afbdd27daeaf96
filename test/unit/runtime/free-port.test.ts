import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { expect, test } from "vitest";
import { LocalPorts } from "../../../src/runtime/free-port.ts";

async function listen(host: string): Promise<{ readonly listener: Server; readonly port: number }> {
  const listener = createServer().listen(0, host);
  await once(listener, "listening");
  const address = listener.address();
  return { listener, port: typeof address === "object" && address ? address.port : 0 };
}

test("a claimed port can be listened on, and is claimed once until it is released", async () => {
  const ports = new LocalPorts();
  const port = await ports.claim(undefined);
  const listener = createServer().listen(port, "127.0.0.1");
  await once(listener, "listening");
  listener.close();
  const other = await ports.claim(undefined);
  expect(other).not.toBe(port);
  await expect(ports.claim(other)).rejects.toMatchObject({ code: "start_failed" });
  ports.release(other);
  expect(await ports.claim(other)).toBe(other);
});

test("a port that is chosen is none that outgoing connections are given", async () => {
  const ports = new LocalPorts();
  for (let claim = 0; claim < 100; claim += 1) {
    const port = await ports.claim(undefined);
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_768);
  }
});

test("many claims at once give many ports", async () => {
  const ports = new LocalPorts();
  const claimed = await Promise.all(Array.from({ length: 50 }, () => ports.claim(undefined)));
  expect(new Set(claimed).size).toBe(50);
});

test("a port in use is refused with what to do", async () => {
  const { listener, port } = await listen("127.0.0.1");
  const failure = {
    code: "start_failed",
    message: `Port ${port} on localhost is already in use`,
    hint: expect.stringContaining("leave"),
  };
  await expect(new LocalPorts().claim(port)).rejects.toMatchObject(failure);
  listener.close();
});
