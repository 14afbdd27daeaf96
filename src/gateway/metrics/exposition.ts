import { PrometheusText } from "../../telemetry/prometheus-text.ts";
import type { MeteredParts } from "./metered-parts.ts";
import { toolRows, writeCache, writeOperations, writeRetries } from "./write-calls.ts";
import { writeGateway } from "./write-gateway.ts";
import { writeConnections, writeHistories, writeStandings } from "./write-servers.ts";

/**
 * All figures as one text for Prometheus. Names and buckets are those of the OpenTelemetry conventions for MCP, and our own
 * below `sallyport_`; every metric is named even while it has no samples.
 */
export function exposition(parts: MeteredParts): string {
  const text = new PrometheusText();
  const tools = toolRows(parts.figures);
  writeOperations(text, tools, (server) => parts.router.find(server)?.spec.transport);
  writeRetries(text, tools);
  writeCache(text, tools);
  writeHistories(text, parts);
  writeStandings(text, parts);
  writeConnections(text, parts.fleet.all());
  writeGateway(text, parts);
  return text.toString();
}
