import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepCompiledCode } from "../../../src/gateway/compiled-code.ts";

let root = "";
const enableCompileCache = vi.fn();
const keep = (directory: string, env: Record<string, string> = {}, uid = process.getuid?.()) =>
  keepCompiledCode("2.0.0", { SALLYPORT_STATE_DIR: directory, ...env }, { enableCompileCache }, uid);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "compiled-code-"));
  enableCompileCache.mockClear();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function directory(mode: number): string {
  const path = join(root, "state");
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

test("compiled code is kept in a directory of ours that is closed to others", () => {
  const path = directory(0o700);
  keep(path);
  expect(enableCompileCache.mock.calls).toEqual([[join(path, "compiled", "2.0.0")]]);
});

test("what other versions have kept goes, and nothing beside it", () => {
  const path = directory(0o700);
  for (const name of ["compiled/1.9.0/v22", "compiled/2.0.0/v22", "compiled/v22.23.5-x64-9ac5-0", "compiled/notes", "catalog"])
    mkdirSync(join(path, name), { recursive: true });
  for (const name of ["compiled/1.9.0/v22/a.cache", "compiled/2.0.0/v22/a.cache"]) writeFileSync(join(path, name), "");
  keep(path);
  expect(readdirSync(join(path, "compiled"))).toEqual(["2.0.0", "notes"]);
  expect(readdirSync(join(path, "compiled", "2.0.0", "v22"))).toEqual(["a.cache"]);
  expect(readdirSync(path)).toEqual(["catalog", "compiled"]);
});

test("nothing goes behind a link to elsewhere", () => {
  const path = directory(0o700);
  mkdirSync(join(root, "elsewhere", "1.9.0"), { recursive: true });
  symlinkSync(join(root, "elsewhere"), join(path, "compiled"));
  keep(path);
  expect(readdirSync(join(root, "elsewhere"))).toEqual(["1.9.0"]);
});

test("a directory that cannot be cleared is used all the same", () => {
  const path = directory(0o700);
  writeFileSync(join(path, "compiled"), "");
  keep(path);
  expect(enableCompileCache).toHaveBeenCalledTimes(1);
});

test.each([0o770, 0o707, 0o755, 0o701])("not in one with mode %o", (mode) => {
  keep(directory(mode));
  expect(enableCompileCache).not.toHaveBeenCalled();
});

test("not in one that is not there, a file, a link, or somebody else's", () => {
  keep(join(root, "nowhere"));
  writeFileSync(join(root, "file"), "", { mode: 0o600 });
  keep(join(root, "file"));
  keep(join(root, "file", "below"));
  const path = directory(0o700);
  symlinkSync(path, join(root, "link"));
  keep(join(root, "link"));
  keep(path, {}, (process.getuid?.() ?? 0) + 1);
  expect(enableCompileCache).not.toHaveBeenCalled();
});

test("a person's own choice of a directory stands", () => {
  keep(directory(0o700), { NODE_COMPILE_CACHE: "/elsewhere" });
  expect(enableCompileCache).not.toHaveBeenCalled();
});

test("nothing happens where Node keeps none", () => {
  expect(() => keepCompiledCode("2.0.0", { SALLYPORT_STATE_DIR: directory(0o700) }, {})).not.toThrow();
});
