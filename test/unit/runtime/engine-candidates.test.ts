import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { enginePlaces } from "../../../src/runtime/engine-candidates.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sp-home-"));
});
afterEach(() => rm(home, { recursive: true }));

const linux = (env: NodeJS.ProcessEnv = {}) => ({ env, home, platform: "linux" as const });

async function addContext(name: string, host: string): Promise<void> {
  const folder = join(home, ".docker/contexts/meta", createHash("sha256").update(name).digest("hex"));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "meta.json"), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));
}

test("the registry's word goes before the environment, and podman's variable before docker's", async () => {
  const env = { SALLYPORT_ENGINE: "unix:///b", CONTAINER_HOST: "unix:///c", DOCKER_HOST: "unix:///d", DOCKER_CONTEXT: "e" };
  const chosen = async (used: NodeJS.ProcessEnv, preferred?: string) => (await enginePlaces(linux(used), preferred)).chosen;
  expect(await chosen(env, "/a")).toEqual({ origin: "registry", socketPath: "/a" });
  expect(await chosen(env)).toEqual({ origin: "SALLYPORT_ENGINE", socketPath: "/b" });
  const { SALLYPORT_ENGINE: _, ...noOverride } = env;
  expect(await chosen(noOverride)).toEqual({ origin: "CONTAINER_HOST", socketPath: "/c" });
  expect(await chosen({ DOCKER_HOST: env.DOCKER_HOST })).toEqual({ origin: "DOCKER_HOST", socketPath: "/d" });
});

test("docker contexts are read from docker's own files", async () => {
  await addContext("colima", "unix:///colima.sock");
  await writeFile(join(home, ".docker/config.json"), JSON.stringify({ currentContext: "colima" }));
  expect((await enginePlaces(linux())).usual[0]).toEqual({ origin: 'docker context "colima"', socketPath: "/colima.sock" });
  expect((await enginePlaces(linux({ DOCKER_CONTEXT: "colima" }))).chosen?.socketPath).toBe("/colima.sock");
  expect((await enginePlaces(linux({ DOCKER_CONTEXT: "gone" }))).chosen).toMatchObject({ problem: "the context does not exist" });
});

test("an address that is no socket is refused without quoting what it may hold", async () => {
  const { chosen } = await enginePlaces(linux({ DOCKER_HOST: "ssh://me:secret@far" }));
  expect(chosen).toMatchObject({ socketPath: undefined, problem: expect.stringContaining("ssh://") });
  expect(chosen?.problem).not.toContain("secret");
});

test("an engine's name is a wish, not an address", async () => {
  expect(await enginePlaces(linux({ SALLYPORT_ENGINE: "podman", DOCKER_HOST: "unix:///d" }))).toMatchObject({
    chosen: undefined,
    name: "podman",
  });
});

test("the user's own sockets go before the machine's, on every platform", async () => {
  const paths = async (machine: Parameters<typeof enginePlaces>[0]) =>
    (await enginePlaces(machine)).usual.map(({ socketPath }) => socketPath);
  expect((await paths(linux({ XDG_RUNTIME_DIR: "/run/user/7" }))).slice(0, 3)).toEqual([
    "/run/user/7/podman/podman.sock",
    "/run/podman/podman.sock",
    "/var/run/docker.sock",
  ]);
  await mkdir(join(home, "tmp/podman"), { recursive: true });
  await writeFile(join(home, "tmp/podman/machine-api.sock"), "");
  expect(await paths({ env: { TMPDIR: join(home, "tmp") }, home, platform: "darwin" })).toContain(
    join(home, "tmp/podman/machine-api.sock"),
  );
  expect(await paths({ env: {}, home, platform: "win32" })).toContain("\\\\.\\pipe\\docker_engine");
});
