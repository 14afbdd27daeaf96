import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readRegularFile } from "../../../src/registry/read-file.ts";

const directory = mkdtempSync(join(tmpdir(), "sallyport-read-"));
const path = (name: string, content?: string | Uint8Array): string => {
  const file = join(directory, name);
  if (content !== undefined) writeFileSync(file, content, { mode: 0o640 });
  return file;
};
afterAll(() => rmSync(directory, { recursive: true }));

describe("readRegularFile", () => {
  test("gives the text and the mode, without a byte order mark", () => {
    expect(readRegularFile(path("good", "\uFEFFä\n"), 10)).toEqual({ kind: "text", text: "ä\n", mode: 0o640 });
  });

  test("reads a file of exactly the cap, and refuses one byte more", () => {
    expect(readRegularFile(path("full", "x".repeat(1_024)), 1_024)).toMatchObject({ kind: "text" });
    expect(readRegularFile(path("over", "x".repeat(1_025)), 1_024)).toEqual({ kind: "refused", reason: "larger than 1 KiB" });
  });

  test("follows a link", () => {
    symlinkSync(path("good", "x"), path("link"));
    expect(readRegularFile(path("link"), 10)).toMatchObject({ kind: "text", text: "x" });
  });

  test("finds nothing at a path that is not there, or through a file, or behind a dangling link", () => {
    symlinkSync(path("nowhere"), path("dangling"));
    for (const name of ["none", "good/x", "dangling"]) expect(readRegularFile(path(name), 10)).toEqual({ kind: "absent" });
  });

  test("refuses a directory, a device, a link to itself and a FIFO without a writer", () => {
    symlinkSync(path("self"), path("self"));
    execFileSync("mkfifo", [path("fifo")]);
    const reasons = [directory, "/dev/zero", path("self"), path("fifo")].map((file) => readRegularFile(file, 10));
    expect(reasons).toEqual([
      { kind: "refused", reason: "it is a directory" },
      { kind: "refused", reason: "not a regular file" },
      { kind: "refused", reason: "too many symbolic links" },
      { kind: "refused", reason: "not a regular file" },
    ]);
  });

  test("refuses what is not UTF-8", () => {
    expect(readRegularFile(path("utf16", Uint8Array.of(0xff, 0xfe, 0x7b, 0)), 10)).toEqual({
      kind: "refused",
      reason: "not UTF-8 text",
    });
  });
});
