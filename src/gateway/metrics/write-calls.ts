import type { BackendSpec } from "../../model/backend-spec.ts";
import type { CallFigures } from "../../telemetry/call-figures.ts";
import type { Labels, PrometheusText } from "../../telemetry/prometheus-text.ts";
import type { CacheUse, ToolFigures } from "../../telemetry/tool-figures.ts";

/** One tool with what was counted of it. */
export interface ToolRow {
  readonly server: string;
  readonly labels: Labels;
  readonly figures: ToolFigures;
}

const CACHE_USES: readonly CacheUse[] = ["hit", "miss", "shared", "stale", "bypass"];

export const toolRows = (figures: CallFigures): readonly ToolRow[] =>
  figures.all().flatMap(([server, { byTool }]) =>
    [...byTool].map(([tool, counted]) => ({
      server,
      labels: { sallyport_backend: server, gen_ai_tool_name: tool },
      figures: counted,
    })),
  );

/** Both ends of a call: as the host saw it, and what of it was spent in the server. */
export function writeOperations(
  text: PrometheusText,
  tools: readonly ToolRow[],
  transportOf: (server: string) => BackendSpec["transport"] | undefined,
): void {
  const rows = tools.flatMap(({ server, labels, figures }) =>
    figures.operations().map(([code, operations]) => ({
      ...operations,
      server,
      labels: { mcp_method_name: "tools/call", ...labels, error_type: code === "ok" ? undefined : code },
    })),
  );
  text.metric("mcp_server_operation_duration_seconds", "histogram", "Calls as the host sees them, from request to answer");
  for (const { served, labels } of rows) text.histogram(served, { ...labels, network_transport: "pipe" });
  text.metric("mcp_client_operation_duration_seconds", "histogram", "What of a call is spent in the server, all attempts");
  for (const { inBackend, labels, server } of rows) {
    const transport = transportOf(server) === "stdio" ? "pipe" : "tcp";
    if (inBackend.count > 0) text.histogram(inBackend, { ...labels, network_transport: transport });
  }
}

export function writeRetries(text: PrometheusText, tools: readonly ToolRow[]): void {
  text.metric("sallyport_call_retries_total", "counter", "How often calls were sent once more");
  for (const { labels, figures } of tools) text.sample(figures.retries, labels);
}

export function writeCache(text: PrometheusText, tools: readonly ToolRow[]): void {
  text.metric("sallyport_cache_requests_total", "counter", "Calls by the part the cache had in them");
  for (const { labels, figures } of tools) {
    for (const result of CACHE_USES) {
      if (figures.cache[result] > 0) text.sample(figures.cache[result], { ...labels, result });
    }
  }
}
