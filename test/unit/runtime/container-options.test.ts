import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod/mini";
import { containerKind } from "../../../src/runtime/container.ts";

const parse = (container: object, rest: object = {}) =>
  containerKind.parse({ id: "x", fields: { container, ...rest }, baseDir: "/reg" });
const refusal = (container: object, rest: object = {}): string => {
  try {
    parse(container, rest);
  } catch (error) {
    return String(error);
  }
  throw new Error("expected a refusal");
};

test("an image alone speaks over its pipes, with every safe default filled in", () => {
  expect(parse({ image: "mcp/x" })).toEqual({
    transport: "stdio",
    options: {
      image: "mcp/x",
      args: [],
      entrypoint: undefined,
      env: {},
      http: undefined,
      volumes: [],
      secrets: {},
      memoryBytes: 512 * 2 ** 20,
      cpus: 1,
      pids: 256,
      user: undefined,
      network: "bridge",
      readOnly: true,
      tmpfs: { "/tmp": "size=64m,mode=1777" },
      init: true,
      pull: "never",
      stopTimeoutSec: 3,
    },
  });
});

test("an image that serves HTTP has a port or a socket, and a path", () => {
  const http = (container: object, rest?: object) => parse({ image: "x", transport: "http", ...container }, rest).options;
  expect(http({ port: 80 }, { headers: { A: "b" } })).toMatchObject({
    http: { place: { kind: "port", port: 80 }, path: "/mcp", headers: { A: "b" } },
  });
  expect(http({ socket: "/run/m/s", network: "none", path: "/" })).toMatchObject({
    http: { place: { kind: "socket", socket: "/run/m/s" }, path: "/" },
  });
  expect(parse({ image: "x", transport: "sse", port: 1 })).toMatchObject({
    transport: "sse",
    options: { http: { path: "/sse" } },
  });
  expect(parse({ image: "x", port: 1 }, { transport: "http" }).transport).toBe("http");
});

test.each([
  [{ image: "x", port: 80 }, /container.port: is used only with "transport": "http"/],
  [{ image: "x", transport: "http" }, /container.port: is missing/],
  [{ image: "x", transport: "http", port: 1, socket: "/a/b" }, /only one of both/],
  [{ image: "x", transport: "http", port: 1, network: "none" }, /cannot be reached with "none"/],
  [{ image: "x", transport: "http", socket: "/s" }, /inside a folder/],
  [{ image: "--privileged" }, /container.image: expected an image name/],
  [{ image: "x", memory: "lots" }, /container.memory: expected a size/],
  [{ image: "x", memory: "1k" }, /at least 6m/],
  [{ image: "x", network: "host" }, /container.network: "host" is refused/],
  [{ image: "x", network: "container:other" }, /is refused/],
  [{ image: "x", network: "ns:/proc/1/ns/net" }, /is refused/],
  [{ image: "x", pull: "always" }, /container.pull/],
  [{ image: "x", secrets: { relative: "v" } }, /container.secrets/],
])("%j is refused with the reason", (container, reason) => {
  expect(refusal(container)).toMatch(reason);
});

test("volumes are read-only, start at the registry file and may be volumes of the engine", () => {
  const { options } = parse({ image: "x", volumes: ["./docs:/docs", "data:/data:rw", "~/notes:/n:ro,z", "/srv/x:/x:rw"] });
  expect(options).toMatchObject({
    volumes: [
      { source: "/reg/docs", kind: "path", target: "/docs", readOnly: true, relabel: "" },
      { source: "data", kind: "named", target: "/data", readOnly: false },
      { source: join(homedir(), "notes"), target: "/n", readOnly: true, relabel: "z" },
      { source: "/srv/x", readOnly: false },
    ],
  });
});

test.each([
  "/",
  "/etc",
  "/etc/shadow",
  "/proc",
  "/sys/fs",
  "/dev",
  "/var",
  "/run",
  "/var/run/docker.sock",
  "/run/podman/podman.sock",
  "/tmp/elsewhere/docker.sock",
  "~",
  "~/.ssh",
  "~/.ssh/id_ed25519",
  "~/.aws",
  "~/.docker/config.json",
  "/srv/../etc",
  "/srv/..//",
])("mounting %s is refused", (source) => {
  expect(refusal({ image: "x", volumes: [`${source}:/data`] })).toMatch(/container.volumes.0: .* may not be mounted/);
});

test.each(["/srv/data", "data:/x:exec", "a:b", ":/x", "/srv/data:relative"])("%j is no volume", (written) => {
  expect(refusal({ image: "x", volumes: [written] })).toMatch(/expected "source:\/target"/);
});

test("every field says what it is for", () => {
  const { properties = {} } = z.toJSONSchema(containerKind.shape["container"] as z.ZodMiniType);
  expect(Object.keys(properties).length).toBeGreaterThan(15);
  expect(Object.entries(properties).filter(([, field]) => typeof field === "boolean" || !field.description)).toEqual([]);
});
