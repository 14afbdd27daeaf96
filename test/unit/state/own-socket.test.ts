import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeRoomForSocket, ownSocketPath, socketsIn, sweepSockets } from "../../../src/state/own-socket.ts";
import { tempDir } from "./temp-dir.ts";

/** What a gateway that was killed leaves behind. */
function leaveBehind(path: string): void {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  expect(() => execFileSync(process.execPath, ["-e", script], { stdio: "ignore" })).toThrow();
  expect(existsSync(path)).toBe(true);
}

async function listenOn(path: string): Promise<void> {
  const server = createServer().listen(path);
  await once(server, "listening");
  onTestFinished(() => void server.close());
}

test("a socket nobody listens on any more makes room", async () => {
  const path = ownSocketPath(await tempDir());
  leaveBehind(path);
  await makeRoomForSocket(path);
  expect(existsSync(path)).toBe(false);
});

test("where there is nothing, there is room", async () => {
  await makeRoomForSocket(ownSocketPath(await tempDir()));
});

test("a socket somebody listens on stays, and its path is refused", async () => {
  const path = ownSocketPath(await tempDir());
  await listenOn(path);
  await expect(makeRoomForSocket(path)).rejects.toMatchObject({
    code: "needs_config",
    message: expect.stringMatching(/another process listens/),
  });
  expect(existsSync(path)).toBe(true);
});

test.each<[string, (path: string) => Promise<unknown>]>([
  ["a file", (path) => writeFile(path, "theirs")],
  ["a directory", (path) => mkdir(path)],
  ["a symbolic link to nowhere", (path) => symlink("/nowhere", path)],
])("%s in the way of a socket is left alone", async (_what, plant) => {
  const path = ownSocketPath(await tempDir());
  await plant(path);
  await expect(makeRoomForSocket(path)).rejects.toMatchObject({ code: "needs_config" });
});

test.each<[string, () => Promise<string>, RegExp]>([
  ["in a directory that does not exist", async () => join(await tempDir(), "none", "a.sock"), /its directory does not exist$/],
  ["without a name", async () => "", /its path is empty$/],
])("a socket %s is refused with that reason", async (_what, path, message) => {
  await expect(makeRoomForSocket(await path())).rejects.toMatchObject({
    code: "needs_config",
    message: expect.stringMatching(message),
  });
});

test("a directory that cannot be looked into is told", async () => {
  const path = join(await tempDir(), "file");
  await writeFile(path, "");
  await expect(makeRoomForSocket(join(path, "a.sock"))).rejects.toMatchObject({ code: "needs_config" });
});

test("a sweep removes the sockets of dead gateways, and nothing else", async () => {
  const directory = await tempDir();
  leaveBehind(ownSocketPath(directory, 11));
  leaveBehind(join(directory, "other.sock"));
  await listenOn(ownSocketPath(directory, 12));
  await sweepSockets(directory);
  expect((await socketsIn(directory)).map((path) => basename(path))).toEqual(["metrics-12.sock"]);
  expect(existsSync(join(directory, "other.sock"))).toBe(true);
});

test("a directory that is not there has no sockets", async () => {
  expect(await socketsIn("/nowhere")).toEqual([]);
});
