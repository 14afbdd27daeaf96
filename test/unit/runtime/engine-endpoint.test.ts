import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EngineConnector } from "../../../src/runtime/engine-connector.ts";
import { findEngine } from "../../../src/runtime/engine-endpoint.ts";
import { systemClock as clock } from "../../../src/time/clock.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

let home: string;
const open: AsyncDisposable[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sp-engine-"));
});
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

const version = (name: string) => JSON.stringify({ Version: "9.9", ApiVersion: "1.99", Components: [{ Name: name }] });
const engine =
  (name: string): RequestListener =>
  (call, answer) =>
    void answer.end(call.url === "/_ping" ? "OK" : version(name));

async function listen(socketPath: string, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(socketPath);
  await once(server, "listening");
  open.push({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
  return socketPath;
}

const machine = (env: NodeJS.ProcessEnv) => ({ env: { PATH: "", ...env }, home, platform: "darwin" as const });
const usual = (name: string) => join(home, name);

test("a chosen engine that does not answer is an error, not a reason to take another one", async () => {
  const env = { DOCKER_HOST: `unix://${await listen(usual("fine.sock"), engine("Engine"))}` };
  const found = await findEngine({ clock, runtimeDir: home, machine: machine(env) });
  expect(found.facts).toEqual({
    name: "docker",
    version: "9.9",
    apiVersion: "1.99",
    socketPath: usual("fine.sock"),
    reason: "DOCKER_HOST names it",
  });
  await found[Symbol.asyncDispose]();
  const failing = findEngine({ clock, runtimeDir: home, machine: machine(env), preferred: `unix://${usual("none.sock")}` });
  await expect(failing).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("none.sock"),
    hint: expect.stringContaining("registry"),
  });
});

test("the first of the usual places that really answers is taken, even when one before it hangs", async () => {
  let answered = 0;
  const counted =
    (name: string): RequestListener =>
    (call, answer) => {
      answer.once("finish", () => {
        if (call.url === "/version") answered += 1;
      });
      engine(name)(call, answer);
    };
  for (const folder of [".docker/run", ".orbstack/run", ".rd"]) await mkdir(usual(folder), { recursive: true });
  await listen(usual(".docker/run/docker.sock"), () => {});
  await listen(usual(".orbstack/run/docker.sock"), counted("Engine"));
  await listen(usual(".rd/docker.sock"), counted("Podman Engine"));
  const find = async (env: NodeJS.ProcessEnv) => {
    const manual = new ManualClock();
    answered = 0;
    const search = findEngine({ clock: manual, runtimeDir: home, machine: machine({ TMPDIR: home, ...env }) });
    while (answered < 2 || manual.waiting > 1) await settle(); // only the one that hangs is still being waited for
    await manual.advance(5_000);
    const found = await search;
    open.push(found);
    return found.facts;
  };
  expect(await find({})).toMatchObject({ name: "docker", socketPath: usual(".orbstack/run/docker.sock") });
  expect(await find({ SALLYPORT_ENGINE: "podman" })).toMatchObject({ name: "podman", socketPath: usual(".rd/docker.sock") });
});

test("an error lists what was tried and the command that would fix it", async () => {
  const failing = findEngine({ clock, runtimeDir: home, machine: machine({ TMPDIR: home }) });
  await expect(failing).rejects.toMatchObject({
    message: expect.stringMatching(/^No container engine answers\. Tried: .*\.docker\/run\/docker\.sock: not there/),
    hint: "Run `podman machine start`, or start Docker Desktop",
  });
});

test("a connector asks once for many, forgets a failure, and finds an engine that comes up later", async () => {
  let pings = 0;
  const address = `unix://${usual("late.sock")}`;
  await using connector = new EngineConnector({ clock, runtimeDir: home, preferred: address, machine: machine({}) });
  await expect(connector.engine()).rejects.toThrow("late.sock");
  expect(connector.state.problem).toContain("late.sock");
  await listen(usual("late.sock"), (call, answer) => {
    if (call.url === "/_ping") pings += 1;
    engine("Podman Engine")(call, answer);
  });
  await Promise.all([connector.engine(), connector.engine(), connector.engine()]);
  expect(pings).toBe(1);
  expect(connector.state.facts?.name).toBe("podman");
});

test("a connector keeps an engine that loses one call and answers the next, and gives up one that is gone", async () => {
  const path = await listen(usual("flaky.sock"), (call, answer) => {
    if (call.url?.includes("/containers/")) call.socket.destroy();
    else engine("Podman Engine")(call, answer);
  });
  await using connector = new EngineConnector({ clock, runtimeDir: home, preferred: `unix://${path}`, machine: machine({}) });
  const first = await connector.engine();
  await expect(first.api.inspect("x")).rejects.toMatchObject({ fault: "gone" });
  expect(await connector.engine()).toBe(first);
  await open.splice(0)[0]?.[Symbol.asyncDispose]();
  await expect(first.api.inspect("x")).rejects.toMatchObject({ fault: "gone" });
  await expect(connector.engine()).rejects.toThrow("flaky.sock");
});
