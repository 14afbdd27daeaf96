import type { Clock } from "../time/clock.ts";
import { sleep } from "../time/clock.ts";

const POLL_MS = 5;
const POLLS = 20;

/** The process group a child was started in: the child and everything it started that did not leave the group. */
export class ProcessGroup {
  readonly #id: number;
  #gone = false;

  constructor(id: number) {
    this.#id = id;
  }

  /** Signals every process of the group; false if there is none. Never signals again once the group was seen empty: its number may be reused. */
  signal(name: NodeJS.Signals | 0): boolean {
    if (this.#gone) return false;
    try {
      process.kill(-this.#id, name);
    } catch (error) {
      this.#gone = error instanceof Error && "code" in error && error.code === "ESRCH";
    }
    return !this.#gone;
  }

  /** Kills what is left and waits until init has reaped it, for 100 ms at most: many containers have an init that never does. */
  async sweep(clock: Clock): Promise<void> {
    if (!this.signal("SIGKILL")) return;
    for (let poll = 0; poll < POLLS && this.signal(0); poll += 1) await sleep(clock, POLL_MS);
  }
}

/**
 * The groups of all children still alive. If our process exits without having stopped them, as after an uncaught exception,
 * they are killed on the way out: detached children outlive their parent otherwise.
 */
export class LiveGroups {
  readonly #groups = new Set<ProcessGroup>();
  readonly #killAll = () => {
    for (const group of this.#groups) group.signal("SIGKILL");
  };

  add(group: ProcessGroup): void {
    if (this.#groups.size === 0) process.on("exit", this.#killAll);
    this.#groups.add(group);
  }

  remove(group: ProcessGroup): void {
    this.#groups.delete(group);
    if (this.#groups.size === 0) process.off("exit", this.#killAll);
  }
}
