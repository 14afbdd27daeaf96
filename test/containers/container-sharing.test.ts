import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWithPodman, engineAddress, image, podman, servicePid } from "./engine-suite.ts";
import { openFaultProxy } from "./fault-proxy.ts";
import { type Harbour, openHarbour, specOf } from "./harbour.ts";
import { callTool } from "./talk.ts";

const LONE_GATEWAY = fileURLToPath(new URL("./lone-gateway.ts", import.meta.url));

describeWithPodman("containers of several gateways", () => {
  let harbour: Harbour;
  beforeEach(async () => {
    harbour = await openHarbour();
  });
  afterEach(() => harbour[Symbol.asyncDispose]());

  const entry = { container: { image: image("http"), transport: "http", port: 3000 } };
  const pipes = { container: { image: image("stdio"), network: "none" } };
  const digest = specOf("box", entry).digest;
  const nameOf = (workload: { facts: Record<string, unknown> }) => String(workload.facts["container"]);

  test("are one container when four launch the same entry at once, and the last one out stops it", async () => {
    const boxes = await Promise.all([1, 2, 3, 4].map(() => harbour.gateway().launch(entry)));
    expect(await harbour.containers()).toEqual([nameOf(boxes[0] ?? { facts: {} })]);
    expect(boxes.filter(({ facts }) => facts["adopted"] === false)).toHaveLength(1);
    for (const box of boxes) {
      expect(await callTool(box, "echo", { text: "shared" })).toBe("shared");
      await box[Symbol.asyncDispose]();
    }
    expect(await harbour.containers()).toEqual([]);
  });

  test("are two containers when they speak over their pipes, or when the entries differ", async () => {
    const [one, two] = [harbour.gateway(), harbour.gateway()];
    await Promise.all([one.launch(pipes), two.launch(pipes), one.launch(entry), two.launch({ ...entry, env: { A: "1" } })]);
    expect(await harbour.containers()).toHaveLength(4);
  });

  test("outlive the stop of one gateway that another one joins in the same moment", async () => {
    const [one, two] = [harbour.gateway(), harbour.gateway()];
    let mine = await one.launch(entry);
    for (let turn = 0; turn < 8; turn += 1) {
      const leaving = mine[Symbol.asyncDispose]();
      const joined = await (turn % 2 ? one : two).launch(entry);
      await leaving;
      expect(await callTool(joined, "echo", { text: `turn ${turn}` })).toBe(`turn ${turn}`);
      expect(await harbour.containers()).toHaveLength(1);
      mine = joined;
    }
  });

  test("are given their name back when somebody takes a lease while they are being retired", async () => {
    const [leaving, joining] = [{ lease: undefined as AsyncDisposable | undefined }, harbour.gateway()];
    await using proxy = await openFaultProxy(engineAddress().slice("unix://".length), async ({ path }) => {
      if (path.endsWith("/rename")) leaving.lease ??= await joining.leases.acquire(nameOf(box));
      return undefined;
    });
    const box = await harbour.gateway({ engine: proxy.address }).launch(entry);
    await box[Symbol.asyncDispose]();
    expect(await harbour.containers()).toEqual([nameOf(box)]);
    expect((await joining.launch(entry)).facts["adopted"]).toBe(true);
  });

  test("are not paused while another gateway uses them, and are woken by the one that joins", async () => {
    const [one, two] = [harbour.gateway(), harbour.gateway()];
    const mine = await one.launch(entry);
    expect(await mine.pause?.()).toBe(true);
    const theirs = await two.launch(entry);
    expect(theirs.facts["adopted"]).toBe(true);
    expect(await callTool(theirs, "echo", { text: "awake" })).toBe("awake");
    expect(await mine.pause?.()).toBe(false);
    await mine.resume?.();
    expect(await callTool(mine, "echo", { text: "both" })).toBe("both");
  });

  test("stay with the other gateway when their image has moved on", async () => {
    const tag = `localhost/sallyport-test/moving:${randomBytes(4).toString("hex")}`;
    const moving = { container: { ...entry.container, image: tag, args: ["/app/http.mjs"] } };
    await podman("tag", image("http"), tag);
    const [one, two] = [harbour.gateway(), harbour.gateway()];
    const old = await one.launch(moving);
    await podman("tag", image("stdio"), tag);
    await expect(two.launch(moving)).rejects.toMatchObject({
      message: expect.stringContaining("older image"),
      hint: expect.stringContaining(String(process.pid)),
    });
    expect(await callTool(old, "echo", { text: "unharmed" })).toBe("unharmed");
    await old[Symbol.asyncDispose]();
    expect((await two.launch(moving)).facts["adopted"]).toBe(false);
    await podman("rmi", tag);
  });

  test("of a gateway that was killed are adopted by the next one, with their state", async () => {
    const lone = await startLoneGateway({ box: entry });
    await lone.kill();
    const box = await harbour.gateway().launch(entry);
    expect(box.facts["adopted"]).toBe(true);
    expect(await callTool(box, "echo", { text: "rescued" })).toBe("rescued");
    await box[Symbol.asyncDispose]();
    expect(await harbour.containers()).toEqual([]);
  });

  test("of a gateway that was killed are collected, except those an entry still wants", async () => {
    const lone = await startLoneGateway({ box: entry, unwanted: entry, piped: pipes });
    expect(lone.names).toHaveLength(3);
    const { orphans } = harbour.gateway();
    expect((await orphans.planCollection(new Set())).map(({ verdict }) => verdict)).toEqual(["in_use", "in_use", "in_use"]);
    await lone.kill();

    const plan = await orphans.planCollection(new Set([digest]));
    expect(Object.fromEntries(plan.map(({ container, verdict }) => [container.labels.server, verdict]))).toEqual({
      box: "adoptable",
      unwanted: "remove",
      piped: "remove",
    });
    expect(await harbour.containers()).toHaveLength(3);
    await orphans.collect(new Set([digest]));
    expect(await harbour.containers()).toEqual([lone.names[0]]);
    await orphans.collect(new Set());
    expect(await harbour.containers()).toEqual([]);
  });

  test("of another user or another program are not touched by a collection", async () => {
    const theirs = await openHarbour();
    const foreign = `sallyport-box-${randomBytes(4).toString("hex")}`;
    await podman("create", "--name", foreign, "--label", "io.sallyport.managed=true", image("http"));
    const box = await theirs.gateway().launch(entry);
    const done = await harbour.gateway().orphans.collect(new Set());
    expect(done).toEqual([]);
    expect(await callTool(box, "echo", { text: "safe" })).toBe("safe");
    expect(await podman("container", "inspect", "--format", "{{.State.Status}}", foreign)).toBe("created");
    await podman("rm", foreign);
    await theirs[Symbol.asyncDispose]();
  });

  test("leave no engine service behind when the gateway that started it is killed", async () => {
    const lone = await startLoneGateway({});
    expect(lone.engine.startsWith(harbour.runtimeDir)).toBe(true);
    const service = await servicePid(lone.engine);
    await lone.kill();
    await expect.poll(() => isAlive(service), { timeout: 15_000, interval: 200 }).toBe(false);
  });

  async function startLoneGateway(entries: object) {
    const nonce = randomBytes(4).toString("hex");
    const args = ["--import", "tsx", LONE_GATEWAY, harbour.runtimeDir, nonce, JSON.stringify(entries)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: child.stdout })) {
      const { engine, names }: { engine: string; names: string[] } = JSON.parse(line);
      const kill = async () => {
        child.kill("SIGKILL");
        await once(child, "close");
      };
      return { engine, names, kill };
    }
    throw new Error("The gateway ended before it had launched anything");
  }
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
