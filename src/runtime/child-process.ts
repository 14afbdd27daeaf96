import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import type { WorkloadExit } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";
import { type LiveGroups, ProcessGroup } from "./process-group.ts";
import { missingDirectory, type SpawnTarget, spawnFailure } from "./spawn-failure.ts";

const EOF_GRACE_MS = 1_500;
const TERM_GRACE_MS = 2_000;
const LAST_OUTPUT_MS = 250;

export interface ChildRequest extends SpawnTarget {
  readonly args: readonly string[];
  /** The whole environment; nothing is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the child is expected to leave when its input ends, as MCP over pipes asks. */
  readonly endsOnEof: boolean;
}

export interface ChildKeeper {
  readonly clock: Clock;
  readonly live: LiveGroups;
}

/**
 * Starts a program without a shell, in a process group of its own, with three pipes. Throws `start_failed` and leaves
 * nothing behind if the system does not start it.
 */
export async function startChild(request: ChildRequest, keeper: ChildKeeper): Promise<Child> {
  await requireDirectory(request);
  try {
    const { command, args, cwd, env } = request;
    const started = spawn(command, args, { cwd, env: { ...env }, detached: true, stdio: "pipe" });
    const child = started.pid === undefined ? undefined : new Child(started, started.pid, request.endsOnEof, keeper);
    await once(started, "spawn");
    if (child) return child;
  } catch (cause) {
    throw spawnFailure(request, cause);
  }
  throw spawnFailure(request, undefined);
}

/** A running child and its process group; disposing it ends both and waits until they are gone. */
export class Child implements AsyncDisposable {
  readonly pid: number;
  readonly input: Writable;
  readonly output: Readable;
  readonly errors: Readable;
  /** Resolves when the child has been reaped, its group is empty and its last output has been read; never rejects. */
  readonly exited: Promise<WorkloadExit>;
  readonly #endsOnEof: boolean;
  readonly #keeper: ChildKeeper;
  readonly #group: ProcessGroup;
  #stopping: Promise<void> | undefined;

  constructor(child: ChildProcessWithoutNullStreams, pid: number, endsOnEof: boolean, keeper: ChildKeeper) {
    this.pid = pid;
    this.input = child.stdin;
    this.output = child.stdout;
    this.errors = child.stderr;
    this.#endsOnEof = endsOnEof;
    this.#keeper = keeper;
    this.#group = new ProcessGroup(pid);
    keeper.live.add(this.#group);
    for (const emitter of [child, child.stdin, child.stdout, child.stderr]) emitter.on("error", ignore);
    this.exited = this.#watch(child);
  }

  /** Ends the input, then SIGTERM, then SIGKILL to the whole group, with time to obey between them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping ??= this.#stop();
    await this.#stopping;
  }

  /** Kills the whole group now. */
  async kill(): Promise<void> {
    this.#group.signal("SIGKILL");
    await this.exited;
  }

  async #stop(): Promise<void> {
    this.input.end();
    this.output.resume(); // a child that cannot write its last words cannot leave
    if (this.#endsOnEof && (await this.#goneWithin(EOF_GRACE_MS))) return;
    this.#group.signal("SIGTERM");
    if (await this.#goneWithin(TERM_GRACE_MS)) return;
    await this.kill();
  }

  async #watch(child: ChildProcessWithoutNullStreams): Promise<WorkloadExit> {
    const streamsClosed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const exit = await new Promise<WorkloadExit>((resolve) =>
      child.once("exit", (code, signal) =>
        resolve({ code, signal, reason: signal ? `killed by ${signal}` : `exited with code ${code}` }),
      ),
    );
    await this.#group.sweep(this.#keeper.clock); // what the child left behind is nobody's and may hold the pipes open
    this.#keeper.live.remove(this.#group);
    await settledWithin(this.#keeper.clock, LAST_OUTPUT_MS, streamsClosed);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    return exit;
  }

  #goneWithin(ms: number): Promise<boolean> {
    return settledWithin(this.#keeper.clock, ms, this.exited);
  }
}

async function requireDirectory(target: SpawnTarget): Promise<void> {
  const found = await stat(target.cwd).catch((cause: unknown) => {
    throw missingDirectory(target, cause);
  });
  if (!found.isDirectory()) throw missingDirectory(target);
}

function settledWithin(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, () => resolve(false));
    void work.then(() => {
      timer[Symbol.dispose]();
      resolve(true);
    });
  });
}

/** An error of the pipes shows as their end, which those who use them watch; unheard it would end our process. */
const ignore = () => {};
