import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { MetaTool } from "./define-meta-tool.ts";
import { metaTools } from "./meta-tools/index.ts";
import { findTool } from "./tool-bench.ts";

/** The tool of that name; throws what the host is to be answered if there is none. */
export function toolNamed(name: string): MetaTool {
  const tool = findTool(name);
  if (tool) return tool;
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Unknown tool ${JSON.stringify(name)}: Sallyport offers ${metaTools.map((known) => known.name).join(", ")}; call invoke with {"tool": "server/tool"} for a server's own tools`,
  );
}
