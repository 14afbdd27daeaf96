import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rename } from "node:fs/promises";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { managedLabels, scopeOf } from "../../src/runtime/container-labels.ts";
import type { GatewayProcess } from "../support/gateway-process.ts";
import { describeWithPodman, engineAddress, image, podman, servicePid } from "./engine-suite.ts";
import { openFaultProxy } from "./fault-proxy.ts";
import { type GatewayHouse, invoke, openGatewayHouse, statusOf, untilContainers, untilState } from "./gateway-house.ts";

const run = promisify(execFile);
/** More calls than it takes failures to open a circuit: one death is one failure. */
const MANY = 20;

describeWithPodman("containers of gateways that share, crash and come back", () => {
  let house: GatewayHouse;
  afterEach(() => house[Symbol.asyncDispose]());

  const http = { container: { image: image("http"), transport: "http", port: 3000 } };
  const pipes = { container: { image: image("stdio"), network: "none" } };
  const open = async (mcpServers: JsonObject, settings: JsonObject = {}) => {
    house = await openGatewayHouse(mcpServers, settings);
    return house.gateway();
  };
  const kill = async (gateway: GatewayProcess) => {
    gateway.child.kill("SIGKILL");
    await gateway.exited;
  };
  const cli = async (...args: string[]) => {
    const { args: serve, command, dir, env } = house.home;
    const done = run(command, [...serve, ...args], { env, cwd: dir });
    return done.then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
    );
  };
  const echo = async (gateway: GatewayProcess, server: string, text: string) =>
    (await invoke(gateway, `${server}/echo`, { text })).text;

  test.each([
    ["serves HTTP", http],
    ["speaks over its pipes", pipes],
  ])("one that %s and is killed under load ends its calls honestly, and the next call starts a new one", async (_, entry) => {
    const gateway = await open({ box: entry, other: http });
    expect(await echo(gateway, "box", "up")).toBe("up");
    const inFlight = Array.from({ length: MANY }, () => invoke(gateway, "box/slow", { ms: 20_000 }));
    await expect.poll(async () => (await statusOf(gateway, "box"))["inFlight"]).toBe(MANY);
    const [old = ""] = await house.containers("{{.ID}}");
    await podman("kill", "--signal", "KILL", old);
    for (const { error } of await Promise.all(inFlight)) expect(error).toMatchObject({ server: "box", outcome: "unknown" });
    expect(await echo(gateway, "box", "again")).toBe("again");
    const ids = await house.containers("{{.ID}}");
    expect(ids).toHaveLength(1);
    expect(ids).not.toContain(old);
  });

  test("one that runs out of memory says so, with its limit, and is held back when it does so again", async () => {
    const gateway = await open({ box: { container: { ...http.container, memory: "96m" } } });
    for (const round of ["first", "second"]) {
      expect(await echo(gateway, "box", round)).toBe(round);
      const message = expect.stringMatching(/memory.*96 MiB/);
      expect((await invoke(gateway, "box/oom")).error).toMatchObject({ server: "box", outcome: "unknown", message });
    }
    await untilState(gateway, "box", "failed");
    const { error } = await invoke(gateway, "box/echo");
    expect(error).toMatchObject({
      code: "start_failed",
      message: expect.stringMatching(/memory.*96 MiB/),
      outcome: "not_executed",
    });
    expect(await house.containers()).toEqual([]);
  });

  test("one whose conmon is killed goes on serving, and is removed in the end", async () => {
    const gateway = await open({ box: http });
    await echo(gateway, "box", "up");
    const [name = ""] = await house.containers();
    process.kill(Number(await podman("inspect", "--format", "{{.State.ConmonPid}}", name)), "SIGKILL");
    expect(await echo(gateway, "box", "still here")).toBe("still here");
    await gateway.callTool("manage", { action: "stop", server: "box" });
    expect(await house.containers()).toEqual([]);
    expect(await echo(gateway, "box", "new")).toBe("new");
  });

  test("one that serves HTTP goes on when the engine's socket is gone; status says so, and starts say why they fail", async () => {
    const away = { from: "", to: "" };
    const proxy = await openFaultProxy(engineAddress().slice("unix://".length), () => undefined);
    away.from = proxy.address.slice("unix://".length);
    away.to = `${away.from}.away`;
    const gateway = await open(
      { box: http, late: { container: { ...http.container, args: ["/app/http.mjs"] } } },
      { engine: proxy.address },
    );
    await echo(gateway, "box", "before");
    await rename(away.from, away.to);
    proxy.dropAll();
    expect(await echo(gateway, "box", "during")).toBe("during");
    const { error } = await invoke(gateway, "late/echo");
    expect(error).toMatchObject({
      code: "start_failed",
      message: expect.stringContaining("engine"),
      hint: expect.stringMatching(/start the engine/i),
    });
    const { structuredContent } = await gateway.callTool("status");
    expect(structuredContent).toMatchObject({ engine: { problem: expect.stringContaining(away.from) } });
    expect(await echo(gateway, "box", "after")).toBe("after");
    await rename(away.to, away.from);
    await gateway.callTool("manage", { action: "reset", server: "late" });
    expect(await echo(gateway, "late", "back")).toBe("back");
    await gateway.end();
    expect(await house.containers()).toEqual([]);
    await proxy[Symbol.asyncDispose]();
  });

  test("gateways without an engine socket bring their own podman service, and leave none behind", async () => {
    const gateway = await open({ box: http }, { engine: "podman" });
    expect(await echo(gateway, "box", "own")).toBe("own");
    const { structuredContent } = await gateway.callTool("status");
    const { engine } = structuredContent as { engine: { socket: string } };
    const service = await servicePid(engine.socket);
    expect(await gateway.end()).toMatchObject({ code: 0 });
    expect(await house.containers()).toEqual([]);
    expect(() => process.kill(service, 0)).toThrow("ESRCH");
  });

  test("are shared by two gateways where they serve HTTP, and the last one out removes them", async () => {
    const one = await open({ box: http });
    const two = await house.gateway();
    expect(await echo(one, "box", "one")).toBe("one");
    expect(await echo(two, "box", "two")).toBe("two");
    expect(await house.containers()).toHaveLength(1);
    await one.end();
    expect(await echo(two, "box", "alone")).toBe("alone");
    await two.end();
    expect(await house.containers()).toEqual([]);
  });

  test("serve a host that starts every server twice in the same moment", async () => {
    house = await openGatewayHouse({ web: http, pipe: pipes });
    const pair = await Promise.all([house.gateway(), house.gateway()]);
    const calls = pair.flatMap((gateway, at) => ["web", "pipe"].map((server) => echo(gateway, server, `${server} ${at}`)));
    expect(await Promise.all(calls)).toEqual(["web 0", "pipe 0", "web 1", "pipe 1"]);
    const servers = await house.containers('{{index .Labels "io.sallyport.server"}}');
    expect(servers.sort()).toEqual(["pipe", "pipe", "web"]);
    await Promise.all(pair.map((gateway) => gateway.end()));
    expect(await house.containers()).toEqual([]);
  });

  test("are adopted or removed by the next gateway, soon and without a call, after a SIGKILL", async () => {
    const entries = { kept: http, gone: { ...http, env: { GONE: "1" } }, pipe: pipes };
    const first = await open(entries);
    await echo(first, "pipe", "up");
    await echo(first, "gone", "up");
    await invoke(first, "kept/write", { path: "/tmp/kept" });
    await kill(first);
    expect(await house.containers()).toHaveLength(3);
    await house.rewrite({ kept: http, pipe: pipes });
    const second = await house.gateway();
    await untilContainers(house, 1);
    await untilState(second, "kept", "running");
    expect((await invoke(second, "kept/read", { path: "/tmp/kept" })).text).toBe("written");
    await second.end();
    expect(await house.containers()).toEqual([]);
  });

  test("that an adopting gateway never uses are stopped when they have been idle", async () => {
    const first = await open({ box: { ...http, idleStopMs: 500 } });
    await echo(first, "box", "up");
    await kill(first);
    const second = await house.gateway();
    await untilContainers(house, 0);
    expect((await statusOf(second, "box"))["state"]).toBe("stopped");
  });

  test("that ended together with their gateway, as in a power cut, do not block the next one", async () => {
    const first = await open({ box: http, pipe: pipes });
    await echo(first, "box", "up");
    await echo(first, "pipe", "up");
    await kill(first);
    for (const id of await house.containers("{{.ID}}")) await podman("kill", "--signal", "KILL", id).catch(() => ""); // may have ended
    const second = await house.gateway();
    expect(await echo(second, "box", "next")).toBe("next");
    expect(await echo(second, "pipe", "next")).toBe("next");
    await untilContainers(house, 2);
  });

  test("of others are never touched, whatever they are called and however they are labelled", async () => {
    const gateway = await open({ box: http });
    await echo(gateway, "box", "up");
    const [name = ""] = await house.containers();
    await kill(gateway);
    await podman("rm", "-f", "-t", "0", name);
    const suffix = randomBytes(4).toString("hex");
    const foreign: [string, string[]][] = [
      [name, ["somebody=else"]],
      [`sallyport-box-${suffix}`, ["io.sallyport.managed=true"]],
      [`sallyport-other-${suffix}`, managedLabels(scopeOf(`/somewhere/else/${suffix}`))],
    ];
    for (const [foreignName, labels] of foreign)
      await podman("create", "--name", foreignName, ...labels.flatMap((label) => ["--label", label]), image("http"));
    try {
      const next = await house.gateway();
      const { error } = await invoke(next, "box/echo");
      expect(error).toMatchObject({ code: "start_failed", message: expect.stringContaining("not ours") });
      await cli("gc");
      await next.end();
      for (const [foreignName] of foreign)
        expect(await podman("inspect", "--format", "{{.State.Status}}", foreignName)).toBe("created");
    } finally {
      for (const [foreignName] of foreign) await podman("rm", "-f", foreignName);
    }
  });

  test("that were left behind are listed by gc --dry-run, which touches none, and removed by gc, which spares those in use", async () => {
    const dead = await open({ left: http, pipe: pipes, used: { ...http, env: { USED: "1" } } });
    await echo(dead, "left", "up");
    await echo(dead, "pipe", "up");
    await kill(dead);
    await house.rewrite({ used: { ...http, env: { USED: "1" } } });
    const before = await house.containers();
    const dry = await cli("gc", "--dry-run", "--json");
    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.stdout)).toMatchObject({
      dryRun: true,
      containers: [{ verdict: "remove" }, { verdict: "remove" }],
    });
    expect(await house.containers()).toEqual(before);
    const done = await cli("gc");
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/remove +sallyport-left-/) });
    expect(await house.containers()).toEqual([]);
    const alive = await house.gateway();
    await echo(alive, "used", "up");
    expect((await cli("gc")).stdout).toMatch(/keep +sallyport-used-.*used by gateway \d+/);
    expect(await echo(alive, "used", "still")).toBe("still");
  });

  test("whose image cannot be fetched: pull says why and ends with an exit code", async () => {
    house = await openGatewayHouse({ box: { container: { ...http.container, image: "localhost:1/no-such:1" } } });
    const { code, stderr } = await cli("pull", "box");
    expect(code).toBe(4);
    expect(stderr).toMatch(/pull image "localhost:1\/no-such:1".*connection refused/s);
  });
});
