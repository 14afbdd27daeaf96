import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GatewayError } from "../model/errors.ts";
import type { ContainerOptions } from "./container-options.ts";

/** The files of one container on the host: its secrets and the folder of its socket. */
export interface ContainerFiles {
  readonly directory: string;
  readonly secrets: readonly { readonly source: string; readonly target: string }[];
  readonly socketDir: string | undefined;
}

const LONGEST_SOCKET_PATH = 104;
const YOUNG_MS = 60_000;

/** Keeps what containers get mounted from us, one folder each, below a directory that nobody else can enter. */
export class ContainerFileStore {
  readonly #root: string;

  /** `runtimeDir` must be ours alone (mode 0700). */
  constructor(runtimeDir: string) {
    this.#root = join(runtimeDir, "c");
  }

  /** Writes what the options need; undefined if that is nothing. */
  async prepare(options: ContainerOptions): Promise<ContainerFiles | undefined> {
    const socket = options.http?.place.kind === "socket" ? options.http.place.socket : undefined;
    const secrets = Object.entries(options.secrets);
    if (socket === undefined && secrets.length === 0) return undefined;
    const directory = join(this.#root, randomBytes(6).toString("hex"));
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      return {
        directory,
        secrets: await Promise.all(
          secrets.map(([target, value], index) => writeSecret(join(directory, String(index)), target, value)),
        ),
        socketDir: socket === undefined ? undefined : await makeSocketDir(directory, basename(socket)),
      };
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error instanceof GatewayError
        ? error
        : new GatewayError("start_failed", `Cannot write the container's files in "${directory}"`, { cause: error });
    }
  }

  /** Removes the folder a label names, if it is one of ours. */
  async remove(directory: string): Promise<void> {
    if (directory === "" || dirname(directory) !== this.#root) return;
    await rm(directory, { recursive: true, force: true });
  }

  /** Folders that no container in `used` has, and that are older than a minute: one being created has no container yet. */
  async abandoned(used: ReadonlySet<string>, wallTime: number): Promise<string[]> {
    const names = await readdir(this.#root).catch(() => []); // never made: nothing to clean
    const paths = names.map((name) => join(this.#root, name)).filter((path) => !used.has(path));
    const ages = await Promise.all(
      paths.map((path) =>
        stat(path).then(
          ({ mtimeMs }) => wallTime - mtimeMs,
          () => 0,
        ),
      ),
    );
    return paths.filter((_, index) => (ages[index] ?? 0) > YOUNG_MS);
  }
}

/** Readable by all, since the container may run as any user; the folder above is what keeps others out. */
async function writeSecret(source: string, target: string, value: string) {
  await writeFile(source, value, { mode: 0o444, flag: "wx" });
  return { source, target };
}

async function makeSocketDir(directory: string, socketName: string): Promise<string> {
  const path = join(directory, "s");
  if (Buffer.byteLength(join(path, socketName)) > LONGEST_SOCKET_PATH)
    throw new GatewayError(
      "start_failed",
      `Socket path "${join(path, socketName)}" is too long: expected at most ${LONGEST_SOCKET_PATH} bytes`,
      {
        hint: "Give the socket a shorter name, or set XDG_RUNTIME_DIR to a shorter path",
      },
    );
  await mkdir(path);
  await chmod(path, 0o777); // the container may run as any user, and the umask does not count
  return path;
}
