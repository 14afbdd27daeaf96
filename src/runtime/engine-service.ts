import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, constants, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { Backoff } from "../time/backoff.ts";
import { type Clock, sleep } from "../time/clock.ts";
import { EngineError } from "./engine-errors.ts";
import { LogTail } from "./log-tail.ts";

/** A podman API service of our own on a private socket; disposing it ends it. */
export interface PrivateService extends AsyncDisposable {
  readonly socketPath: string;
  /** Resolves when the service process is gone. */
  readonly ended: Promise<void>;
}

export interface ServiceOptions {
  /** Absolute path of the podman program. */
  readonly podman: string;
  /** A directory that only we can enter. */
  readonly runtimeDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

const START_MS = 10_000;
const TERM_GRACE_MS = 2_000;
const LONGEST_SOCKET_PATH = 104;
/** Without a connection for so long the service ends by itself: that is how it follows a gateway that was killed. */
const IDLE_SEC = 5;

/** Where a program lies on PATH; undefined if it does not. */
export async function findOnPath(program: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const directory of (env["PATH"] ?? "").split(delimiter).filter(Boolean)) {
    const path = join(directory, program);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** Starts `podman system service` and waits until `answers` is content; throws and leaves nothing behind if it does not come up. */
export async function startPrivateService(
  options: ServiceOptions,
  answers: (socketPath: string) => Promise<boolean>,
): Promise<PrivateService> {
  const socketPath = join(options.runtimeDir, `podman-${randomBytes(4).toString("hex")}.sock`);
  if (Buffer.byteLength(socketPath) > LONGEST_SOCKET_PATH) throw cannotStart(`the socket path "${socketPath}" is too long`);
  const args = ["system", "service", "--time", String(IDLE_SEC), `unix://${socketPath}`];
  const child = spawn(options.podman, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: options.env,
    cwd: options.runtimeDir, // conmon leaves a file named "oom" where it stands when a container runs out of memory
  });
  const said = new LogTail();
  if (child.stderr) void said.follow(child.stderr);
  const ended = once(child, "close").then(
    () => {},
    () => {}, // podman that cannot even be run: there is no process to wait for
  );
  const service: PrivateService = {
    socketPath,
    ended,
    [Symbol.asyncDispose]: () => endService(child, ended, socketPath, options.clock),
  };
  if (await comesUp(service, options.clock, answers)) return service;
  await service[Symbol.asyncDispose]();
  throw cannotStart(said.lines().at(-1) ?? "it does not answer");
}

async function comesUp(
  service: PrivateService,
  clock: Clock,
  answers: (socketPath: string) => Promise<boolean>,
): Promise<boolean> {
  let gone = false;
  void service.ended.then(() => {
    gone = true;
  });
  const backoff = new Backoff({ firstMs: 25, maxMs: 250 });
  const giveUpAt = clock.now() + START_MS;
  while (!gone && clock.now() < giveUpAt) {
    if (await answers(service.socketPath)) return true;
    await sleep(clock, backoff.next());
  }
  return false;
}

async function endService(child: ChildProcess, ended: Promise<void>, socketPath: string, clock: Clock): Promise<void> {
  child.kill("SIGTERM");
  using _kill = clock.after(TERM_GRACE_MS, () => child.kill("SIGKILL"));
  await ended;
  await rm(socketPath, { force: true });
}

const cannotStart = (reason: string): EngineError =>
  new EngineError("gone", `Cannot start a podman service of our own: ${reason}`, {
    hint: "Run `podman info` to see whether podman works, or start a socket: `systemctl --user enable --now podman.socket`",
  });
