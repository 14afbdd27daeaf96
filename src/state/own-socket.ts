import { lstat, readdir, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { GatewayError } from "../model/errors.ts";
import { fileFailure, systemCode } from "./file-failure.ts";

/** What a socket's address has room for, in bytes; a longer path would be cut without a word. */
const LONGEST_PATH = process.platform === "linux" ? 107 : 103;
const NAME = /^metrics-(\d+)\.sock$/;

/** How the system says that nobody listens; anything else may be a listener in trouble. */
const NOBODY = ["ECONNREFUSED", "ENOENT"];

/** The socket of this process among those of its siblings. */
export const ownSocketPath = (directory: string, pid = process.pid): string => join(directory, `metrics-${pid}.sock`);

/** The sockets of all gateways in a directory, dead ones included; empty if there is no such directory. */
export async function socketsIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => NAME.test(name)).map((name) => join(directory, name));
}

/** Removes the sockets that gateways left behind when they died; never rejects. */
export async function sweepSockets(directory: string): Promise<void> {
  for (const path of await socketsIn(directory)) {
    if (!(await isAnswered(path))) await unlink(path).catch(() => undefined); // somebody else may have been faster
  }
}

/**
 * Makes room for a socket: one nobody listens on any more is removed. Throws `needs_config` if somebody does, if something
 * else than a socket is in the way, if its directory is missing, or if the path is empty or too long.
 */
export async function makeRoomForSocket(path: string): Promise<void> {
  const bytes = Buffer.byteLength(path);
  if (bytes === 0) throw refusal(path, "its path is empty");
  if (bytes > LONGEST_PATH) throw refusal(path, `its path has ${bytes} bytes, at most ${LONGEST_PATH} are possible`);
  try {
    await lstat(dirname(path)).catch((error: unknown) => {
      throw systemCode(error) === "ENOENT" ? refusal(path, "its directory does not exist") : error; // listening would call it EACCES
    });
    const found = await lstat(path);
    if (!found.isSocket()) throw refusal(path, "there is something that is no socket");
    if (await isAnswered(path)) throw refusal(path, "another process listens on it");
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw fileFailure(`Cannot use "${path}" as a socket`, error);
  }
}

const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const tell = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => tell(true));
    socket.once("error", (error) => tell(!NOBODY.includes(systemCode(error) ?? "")));
  });

const refusal = (path: string, reason: string): GatewayError =>
  new GatewayError("needs_config", `Cannot use "${path}" as a socket: ${reason}`, {
    hint: "Set metrics.socket to true, or to a path of its own",
  });
