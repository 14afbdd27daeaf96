import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { GatewayError } from "../model/errors.ts";
import { isJsonObject } from "../model/json.ts";

/** The largest tools file that is read. */
export const MAX_TOOLS_FILE_BYTES = 8 * 2 ** 20;

const EXPECTED = 'expected a tools/list result: {"tools": [...]}, {"result": {"tools": [...]}} or the array alone';

/**
 * The tools of a stored `tools/list` result, as they were written and not yet judged. Throws `needs_config`, naming the file
 * and what is wrong with it, if it holds no tool list.
 */
export function toolsInText(path: string, text: string): readonly unknown[] {
  const tools = toolsIn(parseJson(path, text));
  if (tools === undefined) throw refusal(path, EXPECTED);
  return tools;
}

/** The text of a tools file; throws `needs_config` if it cannot be read. */
export async function readToolsText(path: string): Promise<string> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe must not make us wait
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw refusal(path, "it is not a regular file");
      if (found.size > MAX_TOOLS_FILE_BYTES) {
        throw refusal(path, `it has ${found.size} bytes, at most ${MAX_TOOLS_FILE_BYTES} are read`);
      }
      return await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw refusal(path, missing ? "it does not exist" : String(error), error);
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw refusal(path, "it is not JSON", cause);
  }
}

function toolsIn(stored: unknown): readonly unknown[] | undefined {
  if (Array.isArray(stored)) return stored;
  if (!isJsonObject(stored)) return undefined;
  const tools = stored["tools"] ?? (isJsonObject(stored["result"]) ? stored["result"]["tools"] : undefined);
  return Array.isArray(tools) ? tools : undefined;
}

const refusal = (path: string, reason: string, cause?: unknown): GatewayError =>
  new GatewayError("needs_config", `Cannot read tools file "${path}": ${reason}`, {
    cause,
    hint: "Correct toolsFile in the registry, or remove it and let the backend list its tools itself",
  });
