import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KeptCode } from "../../../src/launch/kept-code.ts";

const SOURCE = Buffer.from("(function(){})");
const CODE = Buffer.from("compiled");
const NODE = `${process.version}-${process.arch}`;

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kept-code-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const keptIn = (directory: string, env: Record<string, string> = {}, uid = process.getuid?.()) =>
  new KeptCode("2.0.0", { SALLYPORT_STATE_DIR: directory, ...env }, uid);

function directory(mode = 0o700): string {
  const path = join(root, "state");
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

describe("kept code", () => {
  test("comes back for the same source alone", () => {
    const kept = keptIn(directory());
    kept.write("a.js", SOURCE, CODE);
    expect(kept.read("a.js", SOURCE)).toEqual(CODE);
    expect(kept.read("a.js", Buffer.from("(function(){ })"))).toBeUndefined();
    expect(kept.read("b.js", SOURCE)).toBeUndefined();
  });

  test("is closed to others, and leaves no draft behind", () => {
    const path = directory();
    keptIn(path).write("a.js", SOURCE, CODE);
    const folder = join(path, "compiled", "2.0.0", NODE);
    expect(readdirSync(folder)).toEqual(["a.js"]);
    expect(statSync(join(folder, "a.js")).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, "compiled")).mode & 0o077).toBe(0);
  });

  test("clears away what a killed process was writing, and leaves it to one that lives", () => {
    const path = directory();
    const folder = join(path, "compiled", "2.0.0", NODE);
    mkdirSync(folder, { recursive: true });
    const killed = spawnSync(process.execPath, ["--eval", "process.kill(process.pid, 'SIGKILL')"]).pid;
    const drafts = [`a.js.${killed}`, `b.js.${killed}`, `c.js.${process.ppid}`, "a.js.1e3", "note.1"];
    for (const name of drafts) writeFileSync(join(folder, name), "half");
    const kept = keptIn(path);
    kept.write("a.js", SOURCE, CODE);
    expect(kept.read("a.js", SOURCE)).toEqual(CODE);
    expect(readdirSync(folder).sort()).toEqual(["a.js", "a.js.1e3", `c.js.${process.ppid}`, "note.1"].sort());
  });

  test("is kept although a draft cannot be cleared away", () => {
    const path = directory();
    mkdirSync(join(path, "compiled", "2.0.0", NODE, "b.js.999999999"), { recursive: true });
    const kept = keptIn(path);
    kept.write("a.js", SOURCE, CODE);
    expect(kept.read("a.js", SOURCE)).toEqual(CODE);
  });

  test("does not come back torn, empty, or with one bit turned", () => {
    const path = directory();
    const kept = keptIn(path);
    kept.write("a.js", SOURCE, CODE);
    const file = join(path, "compiled", "2.0.0", NODE, "a.js");
    const whole = readFileSync(file);
    for (let bytes = 0; bytes < whole.length; bytes += 1) {
      writeFileSync(file, whole.subarray(0, bytes));
      expect(kept.read("a.js", SOURCE)).toBeUndefined();
      const turned = Buffer.from(whole);
      turned[bytes] = (turned[bytes] ?? 0) ^ 0x10;
      writeFileSync(file, turned);
      expect(kept.read("a.js", SOURCE)).toBeUndefined();
    }
    kept.write("a.js", SOURCE, CODE);
    expect(kept.read("a.js", SOURCE)).toEqual(CODE);
  });

  test("of other versions goes with the first that is written, and nothing beside it", () => {
    const path = directory();
    for (const name of ["compiled/1.9.0/v22", "compiled/2.0.0/v22", "compiled/v22.23.5-x64-9ac5-0", "compiled/notes", "catalog"])
      mkdirSync(join(path, name), { recursive: true });
    for (const name of ["compiled/1.9.0/v22/a.cache", "compiled/2.0.0/v22/a.cache"]) writeFileSync(join(path, name), "");
    keptIn(path).write("a.js", SOURCE, CODE);
    expect(readdirSync(join(path, "compiled"))).toEqual(["2.0.0", "notes"]);
    expect(readdirSync(join(path, "compiled", "2.0.0"))).toEqual([NODE, "v22"].sort());
    expect(readdirSync(path)).toEqual(["catalog", "compiled"]);
  });

  test("does not go behind a link to elsewhere", () => {
    const path = directory();
    mkdirSync(join(root, "elsewhere", "1.9.0"), { recursive: true });
    symlinkSync(join(root, "elsewhere"), join(path, "compiled"));
    keptIn(path).write("a.js", SOURCE, CODE);
    expect(readdirSync(join(root, "elsewhere"))).toContain("1.9.0");
  });

  test("that cannot be written costs nothing but the next start's time", () => {
    const path = directory();
    writeFileSync(join(path, "compiled"), "");
    const kept = keptIn(path);
    expect(() => kept.write("a.js", SOURCE, CODE)).not.toThrow();
    expect(kept.read("a.js", SOURCE)).toBeUndefined();
  });

  test.each([0o770, 0o707, 0o755, 0o701])("is neither read nor written in a directory with mode %o", (mode) => {
    const path = directory();
    const kept = keptIn(path);
    kept.write("a.js", SOURCE, CODE);
    chmodSync(path, mode);
    kept.write("b.js", SOURCE, CODE);
    expect(kept.read("a.js", SOURCE)).toBeUndefined();
    expect(kept.packages).toBeUndefined();
    expect(readdirSync(join(path, "compiled", "2.0.0", NODE))).toEqual(["a.js"]);
  });

  test("is not written where nothing is, in a file, behind a link, or in somebody else's directory", () => {
    writeFileSync(join(root, "file"), "", { mode: 0o600 });
    const path = directory();
    symlinkSync(path, join(root, "link"));
    const places = [join(root, "nowhere"), join(root, "file"), join(root, "file", "below"), join(root, "link")];
    for (const place of places) keptIn(place).write("a.js", SOURCE, CODE);
    keptIn(path, {}, (process.getuid?.() ?? 0) + 1).write("a.js", SOURCE, CODE);
    expect(existsSync(join(root, "nowhere"))).toBe(false);
    expect(readdirSync(path)).toEqual([]);
  });

  test("is switched off by NODE_DISABLE_COMPILE_CACHE", () => {
    const path = directory();
    keptIn(path).write("a.js", SOURCE, CODE);
    const off = keptIn(path, { NODE_DISABLE_COMPILE_CACHE: "1" });
    expect(off.read("a.js", SOURCE)).toBeUndefined();
    expect(off.packages).toBeUndefined();
    expect(keptIn(path).packages).toBe(join(path, "compiled", "2.0.0"));
  });
});
