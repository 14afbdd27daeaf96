import type { DiscoverAnswer, ToolCard } from "../../../gateway/discovery.ts";
import type { JsonObject } from "../../../model/json.ts";
import { answer, INTEGER, type MetaTool, STRING, STRINGS } from "../define-meta-tool.ts";
import { readOptionalBoolean, readOptionalInteger, readOptionalString, readStrings } from "../read-args.ts";

const MOST_NEEDS = 8;
const DEFAULT_HITS = 5;
const MOST_HITS = 20;

export const discover: MetaTool = {
  name: "discover",
  description:
    'Find tools on all MCP servers. Give one capability per string, a task split into its steps: ["read a file", "create an issue"]. Returns addresses for invoke',
  properties: { needs: STRINGS, server: STRING, readonly: { type: "boolean" }, limit: INTEGER },
  required: ["needs"],
  hints: { readOnlyHint: true, openWorldHint: false },
  async run(args, gateway, caller) {
    const query = {
      needs: readStrings(args, "needs", MOST_NEEDS, args["needs"] ?? args["query"]),
      server: readOptionalString(args, "server"),
      readonly: readOptionalBoolean(args, "readonly"),
      limit: readOptionalInteger(args, "limit", 1, MOST_HITS) ?? DEFAULT_HITS,
    };
    const found = await gateway.discover(query, caller);
    return answer(asText(found), found);
  },
};

function asText({ results, unknown, notice }: DiscoverAnswer): string {
  const parts = results.map(({ need, hits }) => {
    const lines = hits.length > 0 ? hits.map(cardLine) : ["nothing found: say it in other words, or call list_servers"];
    return `${need}:\n${lines.map((line) => `- ${line}`).join("\n")}`;
  });
  const rest = unknown.map(({ server, reason }) => `The tools of "${server}" are not known: ${reason}`);
  return [...(notice === undefined ? [] : [notice]), ...parts, ...rest].join("\n\n");
}

function cardLine({ tool, signature, summary, readOnly, state }: ToolCard): string {
  const marks: readonly JsonObject[string][] = [...(readOnly ? ["read-only"] : []), state];
  return `${tool}(${signature}): ${summary} [${marks.join(", ")}]`;
}
