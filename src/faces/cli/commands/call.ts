import { GatewayError } from "../../../model/errors.ts";
import { isJsonObject, type JsonObject } from "../../../model/json.ts";
import { parseLosslessly, stringifyExactly } from "../../../wire/exact-json.ts";
import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson, printLine } from "../print.ts";

/** Calls one tool: `call server/tool key=value …` or `--args JSON`; 5 if the tool itself failed. */
export async function call(
  context: CommandContext,
  tool: string,
  pairs: readonly string[],
  json: string | undefined,
): Promise<number> {
  const gateway = await context.gateway();
  const args = { ...(json === undefined ? {} : readJson(json)), ...(await readPairs(context, tool, pairs)) };
  const result = await gateway.invoke({ tool, args, maxTokens: Number.POSITIVE_INFINITY }, context.caller);
  if (context.output.json) printJson(context.output, result);
  else printResult(context, result);
  return result["isError"] === true ? EXIT.tool : EXIT.ok;
}

function readJson(text: string): JsonObject {
  let why = "";
  try {
    const value = parseLosslessly(text);
    if (isJsonObject(value)) return value;
  } catch (error) {
    if (error instanceof SyntaxError) why = ` (${error.message})`;
  }
  throw new GatewayError("invalid_argument", `--args: expected a JSON object like {"path": "a.txt"}, found ${text}${why}`);
}

/** `key=value` pairs; a value whose property is no string in the tool's schema is read as JSON. */
async function readPairs(context: CommandContext, tool: string, pairs: readonly string[]): Promise<JsonObject> {
  if (pairs.length === 0) return {};
  const gateway = await context.gateway();
  const { tools } = await gateway.describe([tool], context.caller);
  const schema = tools[0]?.definition["inputSchema"];
  const properties = isJsonObject(schema) && isJsonObject(schema["properties"]) ? schema["properties"] : {};
  return Object.fromEntries(pairs.map((pair) => readPair(pair, properties)));
}

function readPair(pair: string, properties: JsonObject): [string, unknown] {
  const cut = pair.indexOf("=");
  if (cut <= 0) throw new GatewayError("invalid_argument", `argument: expected key=value, found ${JSON.stringify(pair)}`);
  const [key, text] = [pair.slice(0, cut), pair.slice(cut + 1)];
  const property = properties[key];
  return [key, isJsonObject(property) && property["type"] !== "string" ? jsonOrText(text) : text];
}

function jsonOrText(text: string): unknown {
  try {
    return parseLosslessly(text);
  } catch {
    return text;
  }
}

/** Text as text; anything else as one line of JSON, binary parts shortened to their size. */
function printResult({ output }: CommandContext, result: JsonObject): void {
  const content: readonly unknown[] = Array.isArray(result["content"]) ? result["content"] : [];
  for (const block of content) {
    if (isJsonObject(block) && typeof block["text"] === "string") printLine(output, block["text"]);
    else if (isJsonObject(block) && typeof block["data"] === "string") {
      printLine(output, stringifyExactly({ ...block, data: `${block["data"].length} characters of base64` }));
    } else printLine(output, stringifyExactly(block));
  }
}
