import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import { describeWithPodman, image, podman } from "./engine-suite.ts";
import {
  type GatewayHouse,
  invoke,
  invokeWithProgress,
  openGatewayHouse,
  statusOf,
  told,
  untilContainers,
  untilState,
} from "./gateway-house.ts";

describeWithPodman("a container behind the built gateway", () => {
  let house: GatewayHouse | undefined;
  afterEach(async () => {
    await house?.[Symbol.asyncDispose]();
    house = undefined;
  });
  const open = async (mcpServers: JsonObject, settings: JsonObject = {}) => {
    house = await openGatewayHouse(mcpServers, settings);
    return { house, gateway: await house.gateway() };
  };

  const http = { container: { image: image("http"), transport: "http", port: 3000 } };
  const pipes = { container: { image: image("stdio"), network: "none" } };
  const crash = { container: { image: image("crash"), transport: "http", port: 3000, args: [] } };
  const kinds: [string, JsonObject][] = [
    ["that serves HTTP", http],
    ["that speaks over its pipes", pipes],
  ];

  test("is not started by a handshake, by tools/list, or by a discover that a tools file can answer", async () => {
    house = await openGatewayHouse({ box: { ...http, toolsFile: "./tools.json" } });
    const tool = { name: "echo", description: "Gives its text back", inputSchema: { type: "object" } };
    await writeFile(join(house.home.dir, "tools.json"), JSON.stringify({ tools: [tool] }));
    const gateway = await house.gateway();
    await gateway.request("tools/list");
    const found = await gateway.callTool("discover", { needs: ["give a text back"] });
    expect(JSON.stringify(found["structuredContent"])).toContain('"box/echo"');
    expect((await statusOf(gateway, "box"))["state"]).toBe("stopped");
    expect(await house.containers()).toEqual([]);
  });

  test.each(kinds)("%s is started once for fifty first calls at once", async (_, entry) => {
    const { gateway, house } = await open({ box: entry });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => invoke(gateway, "box/echo", { text: `call ${at}` })));
    expect(answers.map(({ text }) => text)).toEqual(answers.map((_, at) => `call ${at}`));
    const name = await house.containers();
    expect(name).toHaveLength(1);
    expect(await createdUnder(name[0] ?? "")).toBe(1);
  });

  test("tells a host that asked what it waits for, four times a second at most", async () => {
    const { gateway } = await open({ box: { container: { image: image("health"), transport: "http", port: 3000 } } });
    const began = performance.now();
    const { result, reports } = await invokeWithProgress(gateway, "box/echo");
    const seconds = (performance.now() - began) / 1_000;
    expect(told(result).error).toBeUndefined();
    const progress = reports.map((report) => Number(report["progress"]));
    expect(reports[0]).toMatchObject({ message: "create" });
    expect(reports.length).toBeGreaterThan(1);
    expect(reports.length).toBeLessThanOrEqual(1 + 4 * seconds);
    expect(progress).toEqual([...new Set(progress)].sort((a, b) => a - b));
  });

  test.each(["http", "stdio"])(
    "that ends at once (%s) is told with its last words, not tried again at once, and gone",
    async (transport) => {
      const container = transport === "http" ? crash.container : { image: image("crash"), network: "none" };
      const { gateway, house } = await open({ box: { container } });
      const first = await invoke(gateway, "box/echo");
      expect(first.error).toMatchObject({ code: "start_failed", server: "box", outcome: "not_executed" });
      expect(first.text).toContain("DATABASE_URL is not set");
      const second = await invoke(gateway, "box/echo");
      expect(second.error).toMatchObject({ code: "start_failed", retryAfterMs: expect.any(Number) });
      expect(second.text).toContain("DATABASE_URL is not set");
      expect((await statusOf(gateway, "box"))["state"]).toBe("failed");
      expect(await house.containers()).toEqual([]);
    },
  );

  test("whose image is not there is told with the commands that fetch it", async () => {
    const { gateway, house } = await open({ box: { container: { ...http.container, image: "localhost/no-such:1" } } });
    const { error } = await invoke(gateway, "box/echo");
    expect(error).toMatchObject({
      code: "start_failed",
      message: expect.stringContaining("localhost/no-such:1"),
      hint: expect.stringMatching(/`podman pull localhost\/no-such:1`.*`sallyport pull box`/),
    });
    expect(await house.containers()).toEqual([]);
  });

  test.each(kinds)("%s is paused when idle and answers the next call with its memory kept", async (_, entry) => {
    const { gateway, house } = await open({ box: { ...entry, idlePauseMs: 300 } });
    await invoke(gateway, "box/write", { path: "/tmp/kept" });
    await untilState(gateway, "box", "paused");
    await expect.poll(() => house.containers("{{.Status}}")).toEqual([expect.stringContaining("Paused")]);
    expect((await invoke(gateway, "box/read", { path: "/tmp/kept" })).text).toBe("written");
    expect(await house.containers()).toHaveLength(1);
  });

  test.each(kinds)(
    "%s is stopped and removed after the longer idle time, and started again by the next call",
    async (_, entry) => {
      const { gateway, house } = await open({ box: { ...entry, idlePauseMs: 200, idleStopMs: 600 } });
      expect((await invoke(gateway, "box/echo", { text: "one" })).text).toBe("one");
      await untilState(gateway, "box", "stopped");
      expect(await house.containers()).toEqual([]);
      expect((await invoke(gateway, "box/echo", { text: "two" })).text).toBe("two");
    },
  );

  test("is stopped, started and restarted by manage", async () => {
    const { gateway, house } = await open({ box: http });
    const manage = async (action: string) => {
      const { structuredContent } = await gateway.callTool("manage", { action, server: "box" });
      return { state: isJsonObject(structuredContent) && structuredContent["state"], ids: await house.containers("{{.ID}}") };
    };
    const started = await manage("start");
    const restarted = await manage("restart");
    expect([started.state, restarted.state]).toEqual(["running", "running"]);
    expect([started.ids, restarted.ids]).toEqual([[expect.any(String)], [expect.any(String)]]);
    expect(restarted.ids).not.toEqual(started.ids);
    expect(await manage("stop")).toEqual({ state: "stopped", ids: [] });
  });

  test("gives way to a new one when its entry changes, and finishes the call it is at", async () => {
    const { gateway, house } = await open({ box: { ...http, env: { EDITION: "first" } } });
    await invoke(gateway, "box/echo");
    const [old] = await house.containers("{{.ID}}");
    const inFlight = invoke(gateway, "box/slow", { ms: 1_500 });
    await house.rewrite({ box: { ...http, env: { EDITION: "second", EXTRA: "1" } } });
    await expect.poll(async () => (await invoke(gateway, "box/inside")).text, { timeout: 10_000 }).toContain("EXTRA");
    expect(await inFlight).toEqual({ text: "done", error: undefined });
    await untilContainers(house, 1);
    expect(await house.containers("{{.ID}}")).not.toEqual([old]);
  });

  test("that is to be warm runs soon after the handshake, without a call", async () => {
    const { gateway, house } = await open({ box: { ...http, warm: true }, cold: pipes });
    await untilState(gateway, "box", "running");
    expect(await house.containers()).toEqual([expect.stringContaining("sallyport-box-")]);
  });

  test("reads its secrets, and neither podman nor the gateway shows them", async () => {
    const canary = "canary-55b1c7";
    const { gateway, house } = await open({
      box: { container: { ...http.container, secrets: { "/run/secrets/token": canary } } },
    });
    expect((await invoke(gateway, "box/read", { path: "/run/secrets/token" })).text).toBe(canary);
    const [name = ""] = await house.containers();
    expect(await podman("inspect", name)).not.toContain(canary);
    expect(await podman("ps", "-a", "--no-trunc", "--format", "json")).not.toContain(canary);
    expect(JSON.stringify(await statusOf(gateway, "box"))).not.toContain(canary);
    expect(gateway.stderr).not.toContain(canary);
  });

  test("without a network is reached on its unix socket, before and after a pause", async () => {
    const socket = "/run/mcp/mcp.sock";
    const container = { image: image("http"), transport: "http", socket, network: "none" };
    const { gateway } = await open({ box: { container, env: { SOCKET: socket }, idlePauseMs: 300 } });
    expect(JSON.parse((await invoke(gateway, "box/inside")).text)).toMatchObject({ interfaces: ["lo"] });
    await untilState(gateway, "box", "paused");
    expect((await invoke(gateway, "box/echo", { text: "awake" })).text).toBe("awake");
  });
});

/** How many containers podman has ever created under this name, from its event log. */
async function createdUnder(name: string): Promise<number> {
  const events = await podman(
    "events",
    "--stream=false",
    "--since",
    "10m",
    "--filter",
    `container=${name}`,
    "--filter",
    "event=create",
  );
  return events.split("\n").filter(Boolean).length;
}
