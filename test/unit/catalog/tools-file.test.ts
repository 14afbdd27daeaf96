import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MAX_TOOLS_FILE_BYTES, readToolsText, toolsInText } from "../../../src/catalog/tools-file.ts";

const tools = [{ name: "log", "x-vendor": 1 }, null, "not judged here"];

const readToolsFile = async (path: string) => toolsInText(path, await readToolsText(path));

async function pathFor(text?: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sallyport-tools-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "tools.json");
  if (text !== undefined) await writeFile(path, text);
  return path;
}

test.each([
  ["a result", JSON.stringify({ tools })],
  ["a result with more", JSON.stringify({ server: { name: "git" }, capabilities: {}, tools, nextCursor: "x" })],
  ["a whole answer", JSON.stringify({ jsonrpc: "2.0", id: 1, result: { tools } })],
  ["a bare array", JSON.stringify(tools)],
  ["a file with a byte order mark", `\ufeff${JSON.stringify(tools)}`],
])("%s gives its tools as they were written", async (_what, text) => {
  expect(await readToolsFile(await pathFor(text))).toEqual(tools);
});

test.each([
  ["", "it is not JSON"],
  ["{", "it is not JSON"],
  ["null", "expected a tools/list result"],
  ["7", "expected a tools/list result"],
  ["{}", "expected a tools/list result"],
  ['{"tools":{}}', "expected a tools/list result"],
  ['{"result":[]}', "expected a tools/list result"],
  ['{"result":{"tools":"none"}}', "expected a tools/list result"],
])("%j is refused: %s", async (text, reason) => {
  const path = await pathFor(text);
  await expect(readToolsFile(path)).rejects.toMatchObject({
    code: "needs_config",
    message: expect.stringContaining(`Cannot read tools file "${path}": ${reason}`),
    hint: expect.stringContaining("toolsFile"),
  });
});

test("a missing file, a directory, a pipe and a huge file are refused with the reason", async () => {
  const path = await pathFor();
  await expect(readToolsFile(path)).rejects.toMatchObject({ message: expect.stringContaining("it does not exist") });
  await mkdir(path);
  await expect(readToolsFile(path)).rejects.toMatchObject({ message: expect.stringContaining("it is not a regular file") });
  const [pipe, huge] = [`${path}.pipe`, `${path}.huge`];
  execFileSync("mkfifo", [pipe]);
  await expect(readToolsFile(pipe)).rejects.toMatchObject({ message: expect.stringContaining("it is not a regular file") });
  await writeFile(huge, "");
  await truncate(huge, MAX_TOOLS_FILE_BYTES + 1);
  await expect(readToolsFile(huge)).rejects.toMatchObject({ code: "needs_config", message: expect.stringContaining("at most") });
});
