// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables as they stand in a registry file
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LoadOptions, loadRegistry } from "../../../src/registry/load-registry.ts";
import type { RegistryReading } from "../../../src/registry/parse-registry.ts";
import { watchRegistry } from "../../../src/registry/watch-registry.ts";
import { type Clock, systemClock } from "../../../src/time/clock.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { fixtureKinds } from "../../support/runtime-kinds.ts";

const store = { read: async () => undefined, write: async () => {}, remove: async () => {} };
const registryOf = (...ids: readonly string[]) =>
  JSON.stringify({ mcpServers: Object.fromEntries(ids.map((id) => [id, { command: "x" }])) });

/** A clock by which the poll never comes, so that only what the system tells can be noticed. */
const withoutPoll: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms, ms < 2_000 ? run : () => {}) };

/** What a watch told, in order; `next` waits for what it has not given yet. */
class Told {
  readonly #queue: string[] = [];
  #wake = () => {};

  readonly add = (reading: RegistryReading): void => {
    this.#queue.push(
      reading.kind === "loaded" ? [...reading.snapshot.backends.keys()].join() : `refused: ${reading.problems[0]?.message}`,
    );
    this.#wake();
  };

  async next(): Promise<string> {
    while (this.#queue.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#queue.shift() ?? "";
  }

  get waiting(): number {
    return this.#queue.length;
  }
}

let root: string;
let directory: string;
let file: string;

const replace = (text: string, target = file) => {
  writeFileSync(`${target}.new`, text);
  renameSync(`${target}.new`, target);
};

/** Loads the registry and watches it from then on. */
async function watching(clock: Clock): Promise<{ readonly told: Told; readonly watch: Disposable }> {
  const told = new Told();
  const options: LoadOptions = { file, kinds: fixtureKinds, store, env: { HOME: root } };
  const watch = watchRegistry({ ...options, clock, current: await loadRegistry(options), onChange: told.add });
  return { told, watch };
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sallyport-watch-"));
  directory = join(root, "config");
  mkdirSync(directory);
  file = join(directory, "registry.json");
  writeFileSync(file, registryOf("a"));
});
afterEach(() => rmSync(root, { recursive: true }));

describe("a watch on registry.json", () => {
  test("tells of a new version, written in place or renamed over the old one", async () => {
    const { told, watch } = await watching(withoutPoll);
    using _ = watch;
    writeFileSync(file, registryOf("a", "b"));
    expect(await told.next()).toBe("a,b");
    replace(registryOf("c"));
    expect(await told.next()).toBe("c");
    replace(registryOf("d"));
    expect(await told.next()).toBe("d");
  });

  test("tells of a half-written file, and of the whole one", async () => {
    const { told, watch } = await watching(withoutPoll);
    using _ = watch;
    const text = registryOf("a", "b");
    writeFileSync(file, text.slice(0, 25));
    expect(await told.next()).toMatch(/^refused: Expected/);
    appendFileSync(file, text.slice(25));
    expect(await told.next()).toBe("a,b");
  });

  test("tells of a file that goes and of its return, the same as before", async () => {
    const { told, watch } = await watching(withoutPoll);
    using _ = watch;
    rmSync(file);
    expect(await told.next()).toMatch(/^refused: Cannot read .*there is no such file$/);
    writeFileSync(file, registryOf("a"));
    expect(await told.next()).toBe("a");
  });

  test("ends twenty quick edits with the last one, each told whole", async () => {
    const { told, watch } = await watching(withoutPoll);
    using _ = watch;
    for (let edit = 1; edit <= 20; edit += 1) {
      replace(registryOf(`v${edit}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (let version = ""; version !== "v20"; ) {
      version = await told.next();
      expect(version).toMatch(/^v\d+$/);
    }
    expect(told.waiting).toBe(0);
  });

  test("says nothing of a file that was touched, or written anew with the same meaning", async () => {
    const clock = new ManualClock();
    const { told, watch } = await watching(clock);
    using _ = watch;
    utimesSync(file, 1, 1);
    await clock.advance(2_000);
    replace(`// the same\n${registryOf("a")}`);
    await clock.advance(2_000);
    replace(registryOf("z"));
    await clock.advance(2_000);
    expect(await told.next()).toBe("z");
    expect(told.waiting).toBe(0);
  });

  test("tells of the same problem once, and of another one again", async () => {
    const clock = new ManualClock();
    const { told, watch } = await watching(clock);
    using _ = watch;
    for (const text of ["[]", "[ ]", "5"]) {
      replace(text);
      await clock.advance(2_000);
    }
    expect([await told.next(), await told.next(), told.waiting]).toEqual([
      "refused: Expected an object, found a list",
      "refused: Expected an object, found a number",
      0,
    ]);
  });

  test("tells of a change that was made before it began", async () => {
    const clock = new ManualClock();
    const told = new Told();
    const options: LoadOptions = { file, kinds: fixtureKinds, store, env: { HOME: root } };
    const current = await loadRegistry(options);
    replace(registryOf("b"));
    using _ = watchRegistry({ ...options, clock, current, onChange: told.add });
    await clock.advance(2_000);
    expect(await told.next()).toBe("b");
  });

  test("finds a directory again that was gone", async () => {
    const clock = new ManualClock();
    const { told, watch } = await watching(clock);
    using _ = watch;
    renameSync(directory, `${directory}.old`);
    await clock.advance(2_000);
    expect(await told.next()).toMatch(/^refused: Cannot read/);
    mkdirSync(directory);
    writeFileSync(file, registryOf("b"));
    await clock.advance(2_000);
    expect(await told.next()).toBe("b");
  });

  test("watches a directory that came in the place of another", async () => {
    const quick: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 20, run) };
    const { told, watch } = await watching(quick);
    using _ = watch;
    rmSync(directory, { recursive: true });
    expect(await told.next()).toMatch(/^refused/);
    mkdirSync(directory);
    for (const id of ["b", "c", "d"]) {
      replace(registryOf(id));
      expect(await told.next()).toBe(id);
    }
  });

  test("sees a change behind a link", async () => {
    const clock = new ManualClock();
    const real = join(root, "real.json");
    renameSync(file, real);
    symlinkSync(real, file);
    const { told, watch } = await watching(clock);
    using _ = watch;
    replace(registryOf("b"), real);
    await clock.advance(2_000);
    expect(await told.next()).toBe("b");
  });

  test("tells of new values in .env, an envFile and a secret", async () => {
    const clock = new ManualClock();
    const secrets = join(root, ".config", "sallyport", "secrets");
    mkdirSync(secrets, { recursive: true });
    const entry = { command: "x", args: ["${A}", "${B}", "${secret:s}"], envFile: "b.env" };
    replace(JSON.stringify({ mcpServers: { a: entry } }));
    const { told, watch } = await watching(clock);
    using _ = watch;
    for (const [path, text] of [
      [join(directory, ".env"), "A=1"],
      [join(directory, "b.env"), "B=1"],
      [join(secrets, "s"), "1"],
    ] as const) {
      writeFileSync(path, text, { mode: 0o600 });
      await clock.advance(2_000);
      expect(await told.next()).toBe("a");
    }
    expect(told.waiting).toBe(0);
  });

  test("is silent and leaves no timer once it is disposed", async () => {
    const clock = new ManualClock();
    const { told, watch } = await watching(clock);
    replace(registryOf("b"));
    watch[Symbol.dispose]();
    watch[Symbol.dispose]();
    await clock.advance(10_000);
    expect([told.waiting, clock.waiting]).toEqual([0, 0]);
  });

  test("is silent when it is disposed in the middle of a reading", async () => {
    const clock = new ManualClock();
    const told = new Told();
    let release = () => {};
    const held = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    const options: LoadOptions = { file, kinds: fixtureKinds, store: { ...store, read: () => held }, env: { HOME: root } };
    const current = await loadRegistry({ ...options, store });
    const watch = watchRegistry({ ...options, clock, current, onChange: told.add });
    replace(registryOf("b"));
    await clock.advance(2_000);
    watch[Symbol.dispose]();
    release();
    await clock.advance(2_000);
    expect(told.waiting).toBe(0);
  });

  test("reads once more what changed in the middle of a reading", async () => {
    const clock = new ManualClock();
    const told = new Told();
    const releases: (() => void)[] = [];
    const read = () => new Promise<undefined>((resolve) => releases.push(() => resolve(undefined)));
    const options: LoadOptions = { file, kinds: fixtureKinds, store: { ...store, read }, env: { HOME: root } };
    const current = await loadRegistry({ ...options, store });
    using _ = watchRegistry({ ...options, clock, current, onChange: told.add });
    replace(registryOf("b"));
    await clock.advance(2_000);
    replace(registryOf("c"));
    await clock.advance(2_000);
    releases.shift()?.();
    expect(await told.next()).toBe("b");
    await clock.advance(0);
    releases.shift()?.();
    expect(await told.next()).toBe("c");
  });
});
