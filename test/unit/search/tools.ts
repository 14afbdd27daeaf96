import type { SearchableTool } from "../../../src/search/searchable-tool.ts";
import { ToolIndex } from "../../../src/search/tool-index.ts";

/** A tool as a server would define it; `parameters` maps names to descriptions. */
export function tool(
  server: string,
  name: string,
  description: string,
  parameters: Readonly<Record<string, string>> = {},
  extra: Partial<SearchableTool> = {},
): SearchableTool {
  const properties = Object.fromEntries(
    Object.entries(parameters).map(([key, text]) => [key, { type: "string", description: text }]),
  );
  const definition = { name, description, inputSchema: { type: "object", properties } };
  return { server, tool: name, definition, tags: [], ...extra };
}

/** An index in which everything can be found already. */
export async function indexOf(...tools: readonly SearchableTool[]): Promise<ToolIndex> {
  const index = new ToolIndex();
  for (const [server, own] of byServer(tools)) index.replace(server, own);
  await index.settled();
  return index;
}

export function byServer(tools: readonly SearchableTool[]): ReadonlyMap<string, readonly SearchableTool[]> {
  const servers = new Map<string, SearchableTool[]>();
  for (const one of tools) servers.set(one.server, [...(servers.get(one.server) ?? []), one]);
  return servers;
}

/** The addresses of the hits, best first. */
export const found = (index: ToolIndex, query: string, limit = 5): readonly string[] =>
  index.search(query, { limit }).map(({ server, tool: name }) => `${server}/${name}`);
