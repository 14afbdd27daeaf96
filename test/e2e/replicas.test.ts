import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import type { Gateway } from "../../src/gateway/gateway.ts";
import { openGateway } from "../../src/gateway/open-gateway.ts";
import { GatewayError } from "../../src/model/errors.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { Scope } from "../../src/model/scope.ts";
import { type Clock, systemClock } from "../../src/time/clock.ts";
import { caller } from "../support/open-house.ts";
import { textOf } from "../support/tool-answers.ts";

const until = (condition: () => boolean | Promise<boolean>): Promise<boolean> => vi.waitUntil(condition, { timeout: 15_000 });
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/backends/${name}`, import.meta.url));

let owned = new Scope();
afterEach(async () => {
  await owned[Symbol.asyncDispose]();
  owned = new Scope();
});

/** Runs like the machine's clock and can be set forward; its timers stay where they are. */
class LeapingClock implements Clock {
  #ahead = 0;

  leap(ms: number): void {
    this.#ahead += ms;
  }

  now = (): number => systemClock.now() + this.#ahead;
  wallTime = (): number => systemClock.wallTime() + this.#ahead;
  after = systemClock.after;
}

/** A gateway over real runtimes and sockets, in this process so that its clock can be set. */
async function open(mcpServers: JsonObject): Promise<{ readonly gateway: Gateway; readonly clock: LeapingClock }> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-replicas-"));
  owned.defer(() => rm(dir, { recursive: true, force: true }));
  const registry = join(dir, "registry.json");
  await writeFile(registry, JSON.stringify({ mcpServers }));
  const clock = new LeapingClock();
  const env = { ...process.env, SALLYPORT_STATE_DIR: join(dir, "state") };
  const gateway = owned.use(await openGateway({ registry, version: "0.0.0", env, clock }));
  return { gateway, clock };
}

/** A server that the test starts, kills and starts again on the same port. */
class Site implements AsyncDisposable {
  readonly got: string[] = [];
  #child: ChildProcess | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}/mcp`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(env: NodeJS.ProcessEnv = {}): Promise<this> {
    const child = spawn(process.execPath, [fixture("replica-http.mjs"), String(this.#port)], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    await new Promise<void>((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [word, rest = ""] = line.split(" ");
        if (word === "got") this.got.push(rest);
        if (word !== "port") return;
        this.#port = Number(rest);
        resolve();
      });
    });
    return this;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

async function openSites(count: number, env: NodeJS.ProcessEnv = {}): Promise<Site[]> {
  const sites = Array.from({ length: count }, () => owned.use(new Site()));
  await Promise.all(sites.map((site) => site.start(env)));
  return sites;
}

const echo = async (gateway: Gateway, text: string, ms = 0): Promise<string> =>
  textOf(await gateway.invoke({ tool: "calc/echo", args: { text, ms } }, caller()));

/** What is known of each replica: its state, and whether it is passed over. */
const standings = async (gateway: Gateway): Promise<string[]> =>
  ((await gateway.serverStatus("calc")).replicas ?? []).map(({ state, ejected }) => (ejected ? "ejected" : state));

/** Calls without pause from several hands until told to stop; remembers when each call that failed had begun. */
function load(gateway: Gateway, hands: number) {
  const failures: { readonly begun: number; readonly error: GatewayError }[] = [];
  let [calls, isOver] = [0, false];
  const hand = async (): Promise<void> => {
    while (!isOver) {
      calls += 1;
      const begun = systemClock.now();
      await echo(gateway, `load-${calls}`).catch((reason: unknown) => failures.push({ begun, error: GatewayError.from(reason) }));
    }
  };
  const working = Promise.all(Array.from({ length: hands }, hand));
  return {
    failures,
    count: () => calls,
    stop: async () => {
      isOver = true;
      await working;
    },
  };
}

test("one of three urls dies under load: only its calls in flight fail, it is passed over, and it comes back", async () => {
  const sites = await openSites(3);
  const [victim, ...others] = sites as [Site, Site, Site];
  const { gateway, clock } = await open({ calc: { urls: sites.map(({ url }) => url), protocolEra: "legacy" } });
  await gateway.manage("start", "calc", caller());
  await until(async () => (await standings(gateway)).join() === "running,running,running");
  const held = [1, 2, 3].map((each) => echo(gateway, `held-${each}`, 600_000).catch((reason: unknown) => reason));
  await until(() => sites.every(({ got }) => got.some((text) => text.startsWith("held"))));

  const work = load(gateway, 6);
  await until(() => sites.every(({ got }) => got.length > 20));
  await victim.kill();
  await nextTurn(); // whatever the kernel has told by now is heard
  const noticed = systemClock.now();
  await until(async () => (await standings(gateway)).join() === "ejected,running,running");
  const reached = work.count();
  await until(() => work.count() > reached + 300);

  expect(work.failures.length).toBeLessThanOrEqual(6);
  for (const { begun, error } of work.failures) {
    expect(error).toMatchObject({ code: "unavailable", outcome: "unknown" });
    expect(begun).toBeLessThanOrEqual(noticed);
  }
  expect(await Promise.race(held)).toMatchObject({ code: "unavailable", outcome: "unknown" });
  expect(others.flatMap(({ got }) => got).filter((text) => text.startsWith("held"))).toHaveLength(2);
  expect((await gateway.serverStatus("calc")).guard.breaker).toBe("closed");

  await victim.start();
  const before = victim.got.length;
  clock.leap(31_000);
  await until(() => victim.got.length > before + 20);
  expect(await standings(gateway)).toEqual(["running", "running", "running"]);
  const failuresBefore = work.failures.length;
  await work.stop();
  expect(work.failures).toHaveLength(failuresBefore);
  await Promise.all(others.map((site) => site.kill())); // or the gateway would wait for the calls they hold
  await Promise.all(held);
});

test("with a url that was never there, calls are served by the other", async () => {
  const [site, absent] = (await openSites(2)) as [Site, Site];
  await absent.kill();
  const { gateway } = await open({ calc: { urls: [absent.url, site.url], protocolEra: "legacy" } });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, call) => echo(gateway, `call-${call}`)));
  expect(answers).toEqual(answers.map((_, call) => `call-${call} from ${site.pid}`));
});

test("where the servers keep sessions all calls go to one, and to another when that dies", async () => {
  const sites = await openSites(2, { SESSIONS: "1" });
  const { gateway } = await open({ calc: { urls: sites.map(({ url }) => url), protocolEra: "legacy" } });
  const served = async (): Promise<string[]> => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => echo(gateway, "x")));
    return [...new Set(answers)];
  };
  const [first, ...more] = [...(await served()), ...(await served())].map((answer) => Number(answer.split(" ").at(-1)));
  expect(new Set([first, ...more]).size).toBe(1);
  const chosen = sites.find(({ pid }) => pid === first);
  const other = sites.find((site) => site !== chosen);
  await chosen?.kill();
  expect(await served()).toEqual([`x from ${other?.pid}`]);
});

test("replicas of a command are processes that share the calls, and one that dies is replaced when it is needed", async () => {
  const { gateway } = await open({
    calc: { command: process.execPath, args: [fixture("echo-stdio.mjs")], replicas: 2, protocolEra: "legacy" },
  });
  const slow = (ms: number) => gateway.invoke({ tool: "calc/slow", args: { ms } }, caller());
  await Promise.all([slow(1), slow(1)]);
  const pids = async (): Promise<unknown[]> =>
    ((await gateway.serverStatus("calc")).replicas ?? []).map(({ facts }) => facts?.["pid"]);
  const [first, second] = await pids();
  expect(new Set([first, second]).size).toBe(2);
  expect(await gateway.serverStatus("calc")).toMatchObject({ state: "running", figures: { starts: 2 } });

  process.kill(Number(first), "SIGKILL");
  await until(async () => (await pids())[0] === undefined);
  for (let call = 0; call < 10; call += 1) await slow(0);
  await Promise.all([slow(50), slow(50), slow(50)]);
  await until(async () => (await standings(gateway)).join() === "running,running");
  const [again, kept] = await pids();
  expect(kept).toBe(second);
  expect(again).not.toBe(first);
});
