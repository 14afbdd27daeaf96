import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWithPodman, exists, image, podman } from "./engine-suite.ts";
import { type Harbour, openHarbour } from "./harbour.ts";
import { callTool } from "./talk.ts";

describeWithPodman("a launched container", () => {
  let harbour: Harbour;
  beforeEach(async () => {
    harbour = await openHarbour();
  });
  afterEach(() => harbour[Symbol.asyncDispose]());

  const http = { image: image("http"), transport: "http", port: 3000 };
  const stdio = { image: image("stdio") };
  const nameOf = (workload: { facts: Record<string, unknown> }) => String(workload.facts["container"]);

  test("serves HTTP on localhost, reports its stages and is gone when disposed", async () => {
    const gateway = harbour.gateway();
    const box = await gateway.launch({ container: http });
    expect(box.endpoint).toMatchObject({ kind: "http", url: expect.stringMatching(/^http:\/\/localhost:\d+\/mcp$/) });
    expect(await callTool(box, "echo", { text: "ahoy" })).toBe("ahoy");
    expect(gateway.stages).toEqual(["create", "start"]);
    expect(await harbour.containers()).toEqual([nameOf(box)]);
    await box[Symbol.asyncDispose]();
    expect(await box.exited).toMatchObject({ reason: "stopped" });
    expect(await harbour.containers()).toEqual([]);
  });

  test("has no capabilities, no way to new privileges, and a read-only root with a writable /tmp", async () => {
    const box = await harbour.gateway().launch({ container: http });
    const inside = JSON.parse(await callTool(box, "inside"));
    expect(inside).toMatchObject({ capEff: "0000000000000000", noNewPrivs: "1", seccomp: "2" });
    expect(await callTool(box, "write", { path: "/app/x" })).toContain("EROFS");
    expect(await callTool(box, "write", { path: "/tmp/x" })).toBe("written");
  });

  test("is limited in memory, swap, cpus and processes, and its log is capped", async () => {
    const box = await harbour.gateway().launch({ container: { ...http, memory: "128m", cpus: 0.5, pids: 64 } });
    const [{ HostConfig }] = JSON.parse(await podman("inspect", nameOf(box)));
    expect(HostConfig).toMatchObject({ Memory: 128 * 2 ** 20, MemorySwap: 128 * 2 ** 20, NanoCpus: 5e8, PidsLimit: 64 });
    expect(HostConfig.LogConfig.Size).toBe("1MB");
  });

  test("is published on 127.0.0.1 only", async () => {
    const box = await harbour.gateway().launch({ container: http });
    await callTool(box, "echo");
    const [{ HostConfig }] = JSON.parse(await podman("inspect", nameOf(box)));
    const [{ HostIp, HostPort }] = HostConfig.PortBindings["3000/tcp"];
    expect(HostIp).toBe("127.0.0.1");
    const outside = Object.values(networkInterfaces())
      .flat()
      .filter((face) => face?.family === "IPv4" && !face.internal);
    for (const face of outside) expect(await canConnect(Number(HostPort), face?.address ?? "")).toBe(false);
    expect(await canConnect(Number(HostPort), "127.0.0.1")).toBe(true);
  });

  test("reads its secrets from files that no inspect shows and that are gone with it", async () => {
    const value = "canary-7f3a91";
    const box = await harbour
      .gateway()
      .launch({ container: { ...http, user: "1000", secrets: { "/run/secrets/token": value } } });
    expect(await callTool(box, "read", { path: "/run/secrets/token" })).toBe(value);
    expect(await callTool(box, "write", { path: "/run/secrets/token" })).toMatch(/EROFS|EACCES/);
    expect(await podman("inspect", nameOf(box))).not.toContain(value);
    expect(await podman("ps", "-a", "--no-trunc", "--format", "json")).not.toContain(value);
    await box[Symbol.asyncDispose]();
    expect(await readdir(join(harbour.runtimeDir, "c"))).toEqual([]);
  });

  test("answers on a unix socket with no network at all", async () => {
    const box = await harbour.gateway().launch({
      container: { image: image("http"), transport: "http", socket: "/run/mcp/mcp.sock", network: "none" },
      env: { SOCKET: "/run/mcp/mcp.sock" },
    });
    expect(JSON.parse(await callTool(box, "inside"))).toMatchObject({ interfaces: ["lo"], capEff: "0000000000000000" });
    expect(box.facts["visibleEnv"]).toEqual(["SOCKET"]);
  });

  test("sees mounted folders read-only unless told otherwise", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sp-data-"));
    await writeFile(join(folder, "note"), "from the host");
    const box = await harbour.gateway().launch({ container: { ...http, volumes: [`${folder}:/data`, `${folder}:/mine:rw`] } });
    expect(await callTool(box, "read", { path: "/data/note" })).toBe("from the host");
    expect(await callTool(box, "write", { path: "/data/x" })).toContain("EROFS");
    expect(await callTool(box, "write", { path: "/mine/x" })).toBe("written");
    await rm(folder, { recursive: true });
  });

  test("is refused a folder that a link makes dangerous, and one that does not exist", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sp-data-"));
    await mkdir(join(folder, "inner"));
    await symlink("/etc", join(folder, "inner", "link"));
    const gateway = harbour.gateway();
    const launch = (source: string) => gateway.launch({ container: { ...http, volumes: [`${source}:/data`] } });
    await expect(launch(join(folder, "inner", "link"))).rejects.toMatchObject({
      code: "start_failed",
      message: expect.stringContaining("/etc"),
    });
    await expect(launch(join(folder, "none"))).rejects.toThrow("does not exist");
    expect(await harbour.containers()).toEqual([]);
    await rm(folder, { recursive: true });
  });

  test("speaks over its pipes, a 5 MB answer included, and leaves no log of it with the engine", async () => {
    const box = await harbour.gateway().launch({ container: { ...stdio, network: "none" } });
    expect(await callTool(box, "huge", { bytes: 5_000_000 })).toHaveLength(5_000_000);
    expect(JSON.parse(await callTool(box, "inside"))).toMatchObject({ capEff: "0000000000000000", noNewPrivs: "1" });
    expect(box.logTail()).toEqual(["stdio fixture up"]);
    await expect(podman("logs", nameOf(box))).rejects.toThrow("none");
    await box[Symbol.asyncDispose]();
    expect(await exists(nameOf(box))).toBe(false);
  });

  test("ends by itself when its input ends, and its last words are heard", async () => {
    const box = await harbour.gateway().launch({ container: { ...stdio, network: "none" } });
    if (box.endpoint.kind !== "stdio") throw new Error("expected pipes");
    box.endpoint.input.end();
    expect(await box.exited).toEqual({ code: 0, signal: null, reason: "exited with code 0" });
    expect(box.logTail()).toEqual(["stdio fixture up", "stdin ended"]);
    await box[Symbol.asyncDispose]();
    expect(await harbour.containers()).toEqual([]);
  });

  test("is ready only when the image's health check is content", async () => {
    const gateway = harbour.gateway();
    const box = await gateway.launch({ container: { image: image("health"), transport: "http", port: 3000 } });
    expect(gateway.stages).toEqual(["create", "start", "ready"]);
    expect(await callTool(box, "read", { path: "/tmp/ready" })).toBe("up");
  });

  test("keeps its memory over a pause, and is stopped from one", async () => {
    const box = await harbour.gateway().launch({ container: http });
    await callTool(box, "write", { path: "/tmp/kept" });
    await box.pause?.();
    expect(await podman("inspect", "--format", "{{.State.Status}}", nameOf(box))).toBe("paused");
    await box.resume?.();
    expect(await callTool(box, "read", { path: "/tmp/kept" })).toBe("written");
    await box.pause?.();
    await box[Symbol.asyncDispose]();
    expect(await harbour.containers()).toEqual([]);
  });
});

function canConnect(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 1_000 });
    const settle = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(false));
  });
}
