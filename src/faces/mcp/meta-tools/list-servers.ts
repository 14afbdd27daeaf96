import type { ServerCard } from "../../../gateway/views.ts";
import { answer, type MetaTool } from "../define-meta-tool.ts";

export const listServers: MetaTool = {
  name: "list_servers",
  description: "All servers: purpose, state, tool count",
  properties: {},
  required: [],
  hints: { readOnlyHint: true, openWorldHint: false },
  async run(_args, gateway) {
    const servers = await gateway.listServers();
    return answer(servers.length === 0 ? "The registry has no servers" : servers.map(cardLine).join("\n"), { servers });
  },
};

function cardLine({ server, state, description, tools, needs }: ServerCard): string {
  const facts = [
    state,
    tools === undefined ? "tools not known yet" : `${tools} tools`,
    ...(needs.length > 0 ? [`needs ${needs.join(", ")}`] : []),
  ];
  return `${server} [${facts.join(", ")}]${description === undefined ? "" : `: ${description}`}`;
}
