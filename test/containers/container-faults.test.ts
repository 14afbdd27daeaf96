import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cpuMicros } from "../../scripts/bench/process-figures.ts";
import { GatewayError } from "../../src/model/errors.ts";
import { scopeOf, servingName } from "../../src/runtime/container-labels.ts";
import { findOnPath, startPrivateService } from "../../src/runtime/engine-service.ts";
import { sleep, systemClock } from "../../src/time/clock.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { describeWithPodman, engineAddress, image, podman, servicePid } from "./engine-suite.ts";
import { type FaultRule, openFaultProxy, openStrangeSocket } from "./fault-proxy.ts";
import { type Harbour, openHarbour, specOf } from "./harbour.ts";
import { callOnce, callTool } from "./talk.ts";

describeWithPodman("a container runtime in trouble", () => {
  let harbour: Harbour;
  beforeEach(async () => {
    harbour = await openHarbour();
  });
  afterEach(() => harbour[Symbol.asyncDispose]());

  const http = { image: image("http"), transport: "http", port: 3000 };
  const entry = { container: http };
  const nameOf = (workload: { facts: Record<string, unknown> }) => String(workload.facts["container"]);
  const nameFor = (fields: object, gateway = "") => {
    const { digest, id, transport } = specOf("box", { ...fields });
    return servingName({ server: id, configHash: digest, scope: scopeOf(harbour.runtimeDir), replica: 0, gateway, transport });
  };
  const labelsFor = (fields: object, gateway: string) => {
    const { digest } = specOf("box", { ...fields });
    const labels = {
      managed: "true",
      server: "box",
      "config-hash": digest,
      scope: scopeOf(harbour.runtimeDir),
      gateway,
      transport: "http",
      port: "3000",
    };
    return Object.entries(labels).flatMap(([name, value]) => ["--label", `io.sallyport.${name}=${value}`]);
  };
  const throughFaults = async (rule: FaultRule) => openFaultProxy(engineAddress().slice("unix://".length), rule);
  const failure = (launch: Promise<unknown>): Promise<GatewayError> =>
    launch.then(
      () => Promise.reject(new Error("expected the launch to fail")),
      (error: GatewayError) => error,
    );

  test("leaves the engine at rest while it waits for a container to end", async () => {
    await harbour.gateway().launch(entry);
    const pid = await servicePid(engineAddress().slice("unix://".length));
    const used = () => cpuMicros(pid) ?? Number.NaN;
    const [before, began] = [used(), performance.now()];
    await sleep(systemClock, 1_500);
    const share = (used() - before) / 1_000 / (performance.now() - began);
    expect(share).toBeLessThan(0.3); // a service that looks without a pause takes a whole CPU and more
  });

  test("says which command fetches a missing image, and fetches nothing itself", async () => {
    await using proxy = await throughFaults(() => undefined);
    const error = await failure(
      harbour.gateway({ engine: proxy.address }).launch({ container: { ...http, image: "localhost/no-such:1" } }),
    );
    expect(error).toMatchObject({
      code: "start_failed",
      backend: "box",
      hint: expect.stringContaining("podman pull localhost/no-such:1"),
    });
    expect(proxy.calls).not.toContain("POST /images/create");
    expect(await harbour.containers()).toEqual([]);
  });

  test("pulls a missing image where the entry says so, and passes on why that failed", async () => {
    const gateway = harbour.gateway();
    const error = await failure(gateway.launch({ container: { ...http, image: "localhost:1/no-such:1", pull: "missing" } }));
    expect(error.message).toMatch(/Cannot start "box": Container engine refused to pull image .*connection refused/);
    expect(gateway.stages).toContain("pull");
  });

  test("takes another port when somebody else has taken the first one", async () => {
    const blocker = createServer();
    const ports: number[] = [];
    await using proxy = await throughFaults(async ({ path }) => {
      if (!path.endsWith("/start") || ports.length > 0) return undefined;
      const [{ HostConfig }] = JSON.parse(await podman("inspect", path.split("/")[2] ?? ""));
      ports.push(Number(HostConfig.PortBindings["3000/tcp"][0].HostPort));
      await once(blocker.listen(ports[0], "127.0.0.1"), "listening");
      return undefined;
    });
    const box = await harbour.gateway({ engine: proxy.address }).launch(entry);
    expect(box.endpoint).toMatchObject({ url: expect.not.stringContaining(`:${ports[0]}/`) });
    expect(await callTool(box, "echo", { text: "still here" })).toBe("still here");
    expect(await harbour.containers()).toEqual([nameOf(box)]);
    blocker.close();
  });

  test.each(["created", "exited"])("is not blocked by a carcass of its own that is %s", async (state) => {
    const create = state === "created" ? ["create"] : ["run"];
    await podman(...create, "--name", nameFor(entry), ...labelsFor(entry, "dead"), "--network", "none", image("crash")).catch(
      () => "",
    );
    const box = await harbour.gateway().launch(entry);
    expect(await callTool(box, "echo", { text: "fresh" })).toBe("fresh");
    expect(await harbour.containers()).toHaveLength(1);
  });

  test("leaves a foreign container with its name alone and says so", async () => {
    const name = nameFor(entry);
    await podman("create", "--name", name, "--label", "somebody=else", image("http"));
    const error = await failure(harbour.gateway().launch(entry));
    expect(error).toMatchObject({
      code: "start_failed",
      message: expect.stringContaining("not ours"),
      hint: expect.stringContaining(name),
    });
    expect(await podman("inspect", "--format", "{{.State.Status}}", name)).toBe("created");
    await podman("rm", name);
  });

  test("replaces an unused container whose image is not the one the entry names", async () => {
    await podman(
      "run",
      "-d",
      "--name",
      nameFor(entry),
      ...labelsFor(entry, "dead"),
      "-p",
      "127.0.0.1::3000",
      image("stdio"),
      "/app/http.mjs",
    );
    const box = await harbour.gateway().launch(entry);
    expect(box.facts["adopted"]).toBe(false);
    expect(await callTool(box, "echo", { text: "new" })).toBe("new");
  });

  test("refuses a container with its labels that is published to the network", async () => {
    await podman("run", "-d", "--name", nameFor(entry), ...labelsFor(entry, "dead"), "-p", "0.0.0.0::3000", image("http"));
    const error = await failure(harbour.gateway().launch(entry));
    expect(error.message).toMatch(/published port 3000 on "(0\.0\.0\.0)?" instead of 127\.0\.0\.1/);
    expect(await harbour.containers()).toEqual([]);
  });

  test("tells how a crashing image ended and what it said, and leaves no carcass", async () => {
    const told = await harbour
      .gateway()
      .launch({ container: { image: image("crash"), transport: "http", port: 3000, network: "bridge" } })
      .then(async (box) => {
        const { reason } = await box.exited;
        const log = box.logTail().join("; ");
        await box[Symbol.asyncDispose]();
        return `${reason}; ${log}`;
      }, String);
    expect(told).toContain("exited with code 7");
    expect(told).toContain("DATABASE_URL is not set");
    expect(await harbour.containers()).toEqual([]);
  });

  test("notices a kill from outside, and the next launch works", async () => {
    const gateway = harbour.gateway();
    const box = await gateway.launch(entry);
    await callTool(box, "echo");
    await podman("kill", "--signal", "KILL", nameOf(box));
    expect(await box.exited).toMatchObject({ code: 137, reason: expect.stringContaining("killed (exit code 137)") });
    expect(box.logTail()).toContain("http fixture up");
    await box[Symbol.asyncDispose]();
    expect(await callTool(await gateway.launch(entry), "echo", { text: "again" })).toBe("again");
  });

  test("notices a removal from outside", async () => {
    const box = await harbour.gateway().launch(entry);
    await podman("rm", "-f", "-t", "0", nameOf(box));
    expect((await box.exited).reason).toMatch(/removed|killed/);
    await box[Symbol.asyncDispose]();
  });

  test("names the memory limit when a container runs out of it", async () => {
    const box = await harbour.gateway().launch({ container: { ...http, memory: "96m" } });
    await callTool(box, "echo");
    const call = callOnce(box, "oom").catch(() => "");
    expect(await box.exited).toMatchObject({ code: 137, signal: "SIGKILL", reason: expect.stringMatching(/memory.*96 MiB/) });
    await box[Symbol.asyncDispose]();
    await call;
  });

  test("does not wait for a process that ignores SIGTERM longer than the entry allows", async () => {
    const box = await harbour.gateway().launch({ container: { ...http, stopTimeoutSec: 1 }, env: { IGNORE_TERM: "1" } });
    await callTool(box, "echo");
    await box[Symbol.asyncDispose]();
    expect(await harbour.containers()).toEqual([]);
  });

  test("leaves nothing behind when the start is given up half-way", async () => {
    const giveUp = new AbortController();
    await using proxy = await throughFaults(({ path }) => {
      if (path.endsWith("/start")) giveUp.abort(new GatewayError("cancelled", "Start stopped"));
      return undefined;
    });
    const error = await failure(
      harbour
        .gateway({ engine: proxy.address })
        .launch({ container: { ...http, image: image("health") } }, { signal: giveUp.signal }),
    );
    expect(error).toBe(giveUp.signal.reason);
    expect(await harbour.containers()).toEqual([]);
  });

  test.each([
    ["no space left on device", "disk space"],
    ["the requested cgroup controller `cpu` is not available", '"cpus": 0'],
  ])("explains an engine that says: %s", async (message, hint) => {
    await using proxy = await throughFaults(({ path }) =>
      path === "/containers/create" ? { kind: "answer", status: 500, body: JSON.stringify({ message }) } : undefined,
    );
    const error = await failure(harbour.gateway({ engine: proxy.address }).launch(entry));
    expect(error).toMatchObject({
      code: "start_failed",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  test.each(["/containers/create", "/start", "/attach"])("gives up on an engine that hangs at %s", async (where) => {
    const clock = new ManualClock();
    await using proxy = await throughFaults(({ path }) => {
      if (!path.endsWith(where)) return undefined;
      void clock.advance(10_000);
      return { kind: "hang" };
    });
    const fields = where === "/attach" ? { container: { image: image("stdio"), network: "none" } } : entry;
    const error = await failure(harbour.gateway({ engine: proxy.address, clock }).launch(fields));
    expect(error.message).toMatch(/Cannot start "box": Container engine did not .* within 10 s/);
    expect(await harbour.containers()).toEqual([]);
  });

  test("gives up on an engine that hangs before it says who it is", async () => {
    const clock = new ManualClock();
    await using silent = await openStrangeSocket(undefined);
    const launch = failure(harbour.gateway({ engine: silent.address, clock }).launch(entry));
    while (clock.waiting === 0) await settle();
    await clock.advance(5_000);
    expect(await launch).toMatchObject({
      code: "start_failed",
      message: expect.stringContaining("did not answer a ping within 5 s"),
    });
  });

  test.each([
    ["noise", "\x00\x01garbage\r\n\r\n", "not HTTP"],
    ["a web page", "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\n<html></html>", "form that is known"],
    ["another API", 'HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\n{"some":"api"', "form that is known"],
  ])("does not take %s for an engine", async (_, bytes, said) => {
    await using strange = await openStrangeSocket(bytes);
    const error = await failure(harbour.gateway({ engine: strange.address }).launch(entry));
    expect(error).toMatchObject({ code: "start_failed", message: expect.stringContaining(said) });
  });

  test("reports an engine that drops the connection, with what to do", async () => {
    await using proxy = await throughFaults(({ path }) => (path === "/containers/create" ? { kind: "drop" } : undefined));
    const error = await failure(harbour.gateway({ engine: proxy.address }).launch(entry));
    expect(error).toMatchObject({
      code: "start_failed",
      message: expect.stringContaining("Cannot reach container engine"),
      hint: expect.stringContaining("Start the engine"),
    });
  });

  test("runs without init where the engine has none, and says so", async () => {
    const config = join(harbour.runtimeDir, "containers.conf");
    const ofHost = await readFile("/etc/containers/containers.conf", "utf8").catch(() => "[engine]\n[containers]\n");
    await writeFile(
      config,
      ofHost.replaceAll(/^\[(?:engine|containers)\]$/gm, (section) => `${section}\ninit_path="/no/such/init"`),
    );
    await using service = await ownService({ CONTAINERS_CONF: config });
    const box = await harbour.gateway({ engine: `unix://${service.socketPath}` }).launch(entry);
    expect(JSON.parse(await callTool(box, "inside"))).toMatchObject({ pid: 1 });
    expect(box.facts["init"]).toContain("none");
    await box[Symbol.asyncDispose]();
  });

  test("keeps serving when the engine's service dies, and finds the next one to clean up", async () => {
    const gateway = harbour.gateway({ engine: "podman" });
    const box = await gateway.launch(entry);
    expect(await callTool(box, "echo", { text: "before" })).toBe("before");
    const { facts } = await gateway.engines.engine();
    process.kill(await servicePid(facts.socketPath), "SIGKILL");
    expect(await callTool(box, "echo", { text: "after" })).toBe("after");
    await box[Symbol.asyncDispose]();
    expect(await harbour.containers()).toEqual([]);
  });

  test("asks again when the connection breaks with which it cleans up", async () => {
    let breaks = 0;
    await using proxy = await throughFaults(({ path }) =>
      path.endsWith("/json") && breaks-- > 0 ? { kind: "drop" } : undefined,
    );
    const box = await harbour.gateway({ engine: proxy.address }).launch(entry);
    breaks = 1;
    await box[Symbol.asyncDispose]();
    expect(breaks).toBeLessThan(1);
    expect(await harbour.containers()).toEqual([]);
  });

  test("says so when the engine is gone for good, and gives its lease back all the same", async () => {
    let gone = false;
    const proxy = await throughFaults(() => (gone ? { kind: "drop" } : undefined));
    const gateway = harbour.gateway({ engine: proxy.address });
    const box = await gateway.launch(entry);
    gone = true;
    await expect(box[Symbol.asyncDispose]()).rejects.toThrow();
    expect(await gateway.leases.holders(nameOf(box))).toEqual([]);
    await proxy[Symbol.asyncDispose]();
  });

  test("ends the pipes of an attached container when the engine goes", async () => {
    const proxy = await throughFaults(() => undefined);
    const box = await harbour
      .gateway({ engine: proxy.address })
      .launch({ container: { image: image("stdio"), network: "none" } });
    if (box.endpoint.kind !== "stdio") throw new Error("expected pipes");
    expect(await callTool(box, "echo", { text: "hello" })).toBe("hello");
    const ended = once(box.endpoint.output, "close");
    await proxy[Symbol.asyncDispose]();
    await ended;
  });

  const ownService = async (env: NodeJS.ProcessEnv) => {
    const path = (await findOnPath("podman", process.env)) ?? "podman";
    const options = { podman: path, runtimeDir: harbour.runtimeDir, env: { ...process.env, ...env }, clock: systemClock };
    return startPrivateService(options, async (socketPath) => existsSync(socketPath));
  };
});
