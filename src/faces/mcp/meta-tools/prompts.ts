import { isJsonObject, type JsonObject } from "../../../model/json.ts";
import { answer, isQuestion, type MetaTool, OBJECT, roundOf, STRING } from "../define-meta-tool.ts";
import { badArgument, readChoice, readObject, readOptionalString, readString } from "../read-args.ts";

const ACTIONS = ["list", "get", "complete"] as const;

export const prompts: MetaTool = {
  name: "prompts",
  description: "A server's prompts; complete the last argument",
  properties: { action: { ...STRING, enum: ACTIONS }, server: STRING, name: STRING, arguments: OBJECT, cursor: STRING },
  required: ["action", "server"],
  hints: { readOnlyHint: true, openWorldHint: true },
  async run(args, gateway, caller) {
    const server = readString(args, "server");
    const cursor = readOptionalString(args, "cursor");
    const action = readChoice(args, "action", ACTIONS);
    if (action === "list") {
      const page = await gateway.request(server, "prompts/list", cursor === undefined ? {} : { cursor }, caller);
      return answer(JSON.stringify(page), page);
    }
    const [name, given] = [readString(args, "name"), readObject(args, "arguments")];
    if (action === "complete") {
      const offers = await gateway.request(server, "completion/complete", completionOf(name, given), caller);
      return answer(JSON.stringify(offers), offers);
    }
    const params = { name, arguments: given, ...roundOf(caller) };
    const result = await gateway.request(server, "prompts/get", params, caller);
    return isQuestion(result) ? result : spoken(result);
  },
};

/** Asks how the argument given last may go on, in the light of those before it. */
function completionOf(name: string, given: JsonObject): JsonObject {
  const entries = Object.entries(given);
  const last = entries.pop();
  if (typeof last?.[1] !== "string") throw badArgument("arguments", "at least one, the last of them as text to complete", given);
  const argument = { name: last[0], value: last[1] };
  const context = entries.length > 0 && { context: { arguments: Object.fromEntries(entries) } };
  return { ref: { type: "ref/prompt", name }, argument, ...context };
}

/** The prompt's messages as content blocks, each under its role; the whole as data. */
function spoken(result: JsonObject): JsonObject {
  const messages: readonly unknown[] = Array.isArray(result["messages"]) ? result["messages"] : [];
  const content = messages
    .filter(isJsonObject)
    .flatMap((message) => [{ type: "text", text: `${String(message["role"])}:` }, message["content"]]);
  return { content, structuredContent: result };
}
