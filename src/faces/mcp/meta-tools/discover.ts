import type { DiscoverAnswer, NeedAnswer } from "../../../gateway/discovery.ts";
import type { ToolCard } from "../../../gateway/shown-tools.ts";
import { answer, BOOLEAN, INTEGER, type MetaTool, STRING, STRINGS } from "../define-meta-tool.ts";
import { readOptionalBoolean, readOptionalInteger, readOptionalString, readStrings } from "../read-args.ts";

const MOST_NEEDS = 8;
const MOST_HITS = 20;

export const discover: MetaTool = {
  name: "discover",
  description:
    'Find tools on all servers. One capability per string, a task split into steps: ["read a file", "create a GitHub issue"]. Gives addresses for invoke',
  properties: { needs: STRINGS, server: STRING, readonly: BOOLEAN, limit: INTEGER, explain: BOOLEAN, cursor: STRING },
  required: ["needs"],
  hints: { readOnlyHint: true, openWorldHint: false },
  async run(args, gateway, caller) {
    const query = {
      needs: readStrings(args, "needs", MOST_NEEDS, args["needs"] ?? args["query"]),
      server: readOptionalString(args, "server"),
      readonly: readOptionalBoolean(args, "readonly"),
      limit: readOptionalInteger(args, "limit", 1, MOST_HITS),
      explain: readOptionalBoolean(args, "explain"),
      cursor: readOptionalString(args, "cursor"),
    };
    const found = await gateway.discover(query, caller);
    return answer(asText(found), found);
  },
};

function asText({ results, unknown, notice, overview, nextCursor }: DiscoverAnswer): string {
  const shown = new Set<string>();
  const parts = results.map((result) => needText(result, results.length > 1, shown));
  const rest = unknown.map(({ server, reason }) => `The tools of "${server}" are not known: ${reason}`);
  return [
    ...(notice === undefined ? [] : [notice]),
    ...parts,
    ...(overview ? [overviewText(overview)] : []),
    ...(nextCursor === undefined ? [] : [`More: the same with cursor "${nextCursor}"`]),
    ...rest,
  ].join("\n\n");
}

function needText({ need, hits }: NeedAnswer, isOneOfMany: boolean, shown: Set<string>): string {
  const servers = new Map<string, ToolCard[]>();
  for (const card of hits) {
    const server = serverOf(card);
    servers.set(server, [...(servers.get(server) ?? []), card]);
  }
  const lines = [...servers].flatMap(([server, cards]) => [
    `${server} [${cards[0]?.state}]`,
    ...cards.map((card) => cardText(card, shown)),
  ]);
  if (lines.length === 0) lines.push("nothing found");
  return [...(isOneOfMany ? [`# ${need}`] : []), ...lines].join("\n");
}

const serverOf = ({ tool }: ToolCard): string => tool.slice(0, tool.indexOf("/"));

/** A card is written in full once; where another need finds the tool again, its address is enough. */
function cardText({ tool, signature, summary, readOnly, confidence, alsoOn, matched }: ToolCard, shown: Set<string>): string {
  const isKnown = shown.has(tool);
  shown.add(tool);
  const marks = [confidence, ...(readOnly ? ["read-only"] : []), ...(alsoOn ? [`also on ${alsoOn.join(", ")}`] : [])];
  const why = (matched ?? []).map(({ field, words }) => `${field} ${words.join(" ")}`).join("; ");
  const card = isKnown
    ? `- ${tool} [${confidence}] as above`
    : `- ${tool}(${signature}) [${marks.join(", ")}] ${summary}`.trimEnd();
  return why === "" ? card : `${card}\n  matched: ${why}`;
}

function overviewText({ tools, servers, topics }: NonNullable<DiscoverAnswer["overview"]>): string {
  const named = servers.map(({ server, tools: own }) => `${server} (${own})`).join(", ");
  const about = topics.length === 0 ? "" : `; about ${topics.join(", ")}`;
  return `Not what you need? There are ${tools} tools: ${named}${about}. Use other words, or name a server`;
}
