import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Chunks } from "../../../src/launch/chunks.ts";

const { makeChunk } = (await import(new URL("../../../scripts/make-chunk.mjs", import.meta.url).href)) as {
  makeChunk(module: string, name: string): string;
};

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "chunks-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const write = (name: string, module: string) => writeFileSync(join(directory, name), makeChunk(module, name));

class Memory {
  readonly files = new Map<string, { readonly source: Buffer; readonly code: Buffer }>();
  read(name: string, source: Buffer): Buffer | undefined {
    const file = this.files.get(name);
    return file?.source.equals(source) ? file.code : undefined;
  }
  write(name: string, source: Buffer, code: Buffer): void {
    this.files.set(name, { source, code });
  }
}

const open = (kept = new Memory()) =>
  new Chunks({ directory, kept, require: (name) => ({ default: name, name, of: "outside" }) });
const keepAll = (chunks: Chunks) => {
  while (chunks.keepOne());
};

describe("chunks", () => {
  it("give what the module exports, to each other too, and run once", async () => {
    write(
      "a.js",
      'import{b as other,run}from"./b.js";import whole from"one";import*as all from"two";import half,{of}from"three";' +
        'import"./b.js";var value=[other,run(),whole.name,all.name,half.name,of];var late=()=>import("./c.js"),where=import.meta.url;' +
        "export{value,late,where as place};",
    );
    write("b.js", "globalThis.runs=(globalThis.runs??0)+1;var b=1;function run(){return b+1}export{b,run};");
    write("c.js", 'import{b}from"./b.js";export{b as same};\n/*! Bundled license information: ... */');
    const { value, late, place } = open().load("./a.js") as { value: unknown; late(): Promise<unknown>; place: string };
    expect(value).toEqual([1, 2, "one", "two", "three", "outside"]);
    expect(await late()).toEqual({ same: 1 });
    expect(place).toBe(pathToFileURL(join(directory, "a.js")).href);
    expect((globalThis as { runs?: number }).runs).toBe(1);
  });

  it("are taken compiled the next time, and not kept again", () => {
    write("a.js", "function add(a,b){return a+b}export{add};");
    const kept = new Memory();
    const first = open(kept);
    expect((first.load("./a.js") as { add(a: number, b: number): number }).add(1, 2)).toBe(3);
    keepAll(first);
    expect([...kept.files.keys()]).toEqual(["./a.js"]);
    const second = open(kept);
    expect((second.load("./a.js") as { add(a: number, b: number): number }).add(1, 2)).toBe(3);
    expect(second.keepOne()).toBe(false);
  });

  it("are compiled anew, and kept again, where V8 does not take what was kept", () => {
    write("a.js", "var one=1;export{one};");
    const kept = new Memory();
    kept.read = () => Buffer.from("not what V8 wrote");
    const chunks = open(kept);
    expect(chunks.load("./a.js")).toEqual({ one: 1 });
    expect(chunks.keepOne()).toBe(true);
  });

  it("reject where one cannot be loaded later, and throw where it is needed at once", async () => {
    write("a.js", 'var late=()=>import("./missing.js");export{late};');
    write("b.js", 'import"./missing.js";');
    const { late } = open().load("./a.js") as { late(): Promise<unknown> };
    await expect(late()).rejects.toThrow(/ENOENT.*missing\.js/);
    expect(() => open().load("./b.js")).toThrow(/ENOENT.*missing\.js/);
  });

  it("are strict, and hold characters beyond ASCII", () => {
    write(
      "a.js",
      'var isStrict=(function(){return this===void 0})(),text="caf\u00e9 \u{1f600}",found=/[。\u{1f600}]/u.exec("a\u{1f600}");export{isStrict,text,found};',
    );
    const { isStrict, text, found } = open().load("./a.js") as Record<string, unknown>;
    expect([isStrict, text, (found as RegExpExecArray)[0]]).toEqual([true, "caf\u00e9 \u{1f600}", "\u{1f600}"]);
  });
});

describe("the build refuses", () => {
  it.each([
    ["an import of what only a running program knows", "var x=(n)=>import(n);export{x};", /only a running program knows/],
    ["a name that hides what chunks are given", "var require=1;export{require};", /uses a name/],
    ["exports of another form", "export var one=1;", /exports of a form/],
    ["an export that changes", "var count=0;function add(){count+=1}export{count,add};", /changes its export count/],
  ])("%s", (_, module, problem) => {
    expect(() => makeChunk(module, "a.js")).toThrow(problem);
  });
});
