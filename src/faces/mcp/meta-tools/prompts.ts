import { isJsonObject, type JsonObject } from "../../../model/json.ts";
import { answer, isQuestion, type MetaTool, OBJECT, roundOf, STRING } from "../define-meta-tool.ts";
import { readChoice, readObject, readOptionalString, readString } from "../read-args.ts";

const ACTIONS = ["list", "get"] as const;

export const prompts: MetaTool = {
  name: "prompts",
  description: "Prompts of a server: list them, get one",
  properties: { action: { ...STRING, enum: ACTIONS }, server: STRING, name: STRING, arguments: OBJECT, cursor: STRING },
  required: ["action", "server"],
  hints: { readOnlyHint: true, openWorldHint: true },
  async run(args, gateway, caller) {
    const server = readString(args, "server");
    const cursor = readOptionalString(args, "cursor");
    if (readChoice(args, "action", ACTIONS) === "list") {
      const page = await gateway.request(server, "prompts/list", cursor === undefined ? {} : { cursor }, caller);
      return answer(JSON.stringify(page), page);
    }
    const params = { name: readString(args, "name"), arguments: readObject(args, "arguments"), ...roundOf(caller) };
    const result = await gateway.request(server, "prompts/get", params, caller);
    return isQuestion(result) ? result : spoken(result);
  },
};

/** The prompt's messages as content blocks, each under its role; the whole as data. */
function spoken(result: JsonObject): JsonObject {
  const messages: readonly unknown[] = Array.isArray(result["messages"]) ? result["messages"] : [];
  const content = messages
    .filter(isJsonObject)
    .flatMap((message) => [{ type: "text", text: `${String(message["role"])}:` }, message["content"]]);
  return { content, structuredContent: result };
}
