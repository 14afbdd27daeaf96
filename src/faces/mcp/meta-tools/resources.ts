import { isJsonObject, type JsonObject } from "../../../model/json.ts";
import { answer, isQuestion, type MetaTool, roundOf, STRING } from "../define-meta-tool.ts";
import { readChoice, readOptionalString, readString } from "../read-args.ts";

const ACTIONS = ["list", "read", "templates"] as const;

export const resources: MetaTool = {
  name: "resources",
  description: "A server's resources, URI templates",
  properties: { action: { ...STRING, enum: ACTIONS }, server: STRING, uri: STRING, cursor: STRING },
  required: ["action", "server"],
  hints: { readOnlyHint: true, openWorldHint: true },
  async run(args, gateway, caller) {
    const server = readString(args, "server");
    const cursor = readOptionalString(args, "cursor");
    const page = cursor === undefined ? {} : { cursor };
    switch (readChoice(args, "action", ACTIONS)) {
      case "list":
        return listed(await gateway.request(server, "resources/list", page, caller));
      case "templates":
        return listed(await gateway.request(server, "resources/templates/list", page, caller));
      case "read": {
        const params = { uri: readString(args, "uri"), ...roundOf(caller) };
        const result = await gateway.request(server, "resources/read", params, caller);
        return isQuestion(result) ? result : embedded(result);
      }
    }
  },
};

const listed = (result: JsonObject): JsonObject => answer(JSON.stringify(result), result);

/** Each of the contents as an embedded resource, so that binary ones reach the host as what they are. */
function embedded(result: JsonObject): JsonObject {
  const contents: readonly unknown[] = Array.isArray(result["contents"]) ? result["contents"] : [];
  const { contents: _contents, ...rest } = result;
  return { ...rest, content: contents.filter(isJsonObject).map((resource) => ({ type: "resource", resource })) };
}
