import type { PrometheusText } from "../../telemetry/prometheus-text.ts";
import type { MeteredParts } from "./metered-parts.ts";

/** What belongs to no server: searches, tokens, alerts, this process. */
export function writeGateway(text: PrometheusText, parts: MeteredParts): void {
  const { searches, tokens, alerts, process, version } = parts;
  const gauge = (name: string, help: string, value: number) => text.metric(name, "gauge", help).sample(value);
  text.metric("sallyport_search_duration_seconds", "histogram", "How long discover takes to answer").histogram(searches);
  text.metric("sallyport_tokens_exposed_total", "counter", "Tokens of tool definitions given to the host").sample(tokens.exposed);
  gauge("sallyport_tokens_avoided", "Tokens of tool definitions it would have been given besides, without us", tokens.avoided);
  text.metric("sallyport_alert", "gauge", "1 for every alert that is on");
  for (const { server, rule, level } of alerts) text.sample(1, { sallyport_backend: server, rule, level });
  const { p99Ms = 0, maxMs = 0 } = process.loopDelay ?? {};
  gauge("nodejs_eventloop_delay_p99_seconds", "How late the event loop is, 99 of 100 times at most", p99Ms / 1_000);
  gauge("nodejs_eventloop_delay_max_seconds", "How late it was at worst", maxMs / 1_000);
  gauge("process_resident_memory_bytes", "Memory in use", process.rssBytes);
  gauge("process_start_time_seconds", "When the gateway was opened, in seconds since 1970", process.startedAt / 1_000);
  text.metric("sallyport_build_info", "gauge", "Always 1").sample(1, { version });
}
