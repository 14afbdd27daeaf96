import type { BackendRunner } from "../../lifecycle/backend-runner.ts";
import type { PrometheusText } from "../../telemetry/prometheus-text.ts";
import type { ShownState } from "../router.ts";
import { trafficOf } from "../state-view.ts";
import type { MeteredParts } from "./metered-parts.ts";

const STATES = {
  stopped: true,
  starting: true,
  running: true,
  paused: true,
  draining: true,
  failed: true,
  disabled: true,
  "needs-config": true,
} as const satisfies Record<ShownState, true>;
const CIRCUIT: Readonly<Record<string, number>> = { closed: 0, half_open: 1, open: 2 };

const labelsOf = (server: string) => ({ sallyport_backend: server });

/** What servers have been through: starts, changes of the circuit, queues. */
export function writeHistories(text: PrometheusText, { figures, router }: MeteredParts): void {
  const servers = figures.all();
  text.metric("sallyport_backend_start_duration_seconds", "histogram", "How long servers take to start, or to fail to");
  for (const [server, { starts }] of servers) {
    for (const outcome of ["ok", "error"] as const) {
      if (starts[outcome].count === 0) continue;
      const runtime = router.find(server)?.spec.runtime;
      text.histogram(starts[outcome], { ...labelsOf(server), sallyport_runtime: runtime, outcome });
    }
  }
  text.metric(
    "sallyport_backend_first_call_duration_seconds",
    "histogram",
    "Calls that wait for a start, from request to answer",
  );
  for (const [server, { firstCalls }] of servers) if (firstCalls.count > 0) text.histogram(firstCalls, labelsOf(server));
  text.metric("sallyport_circuit_transitions_total", "counter", "Changes of a server's circuit, by the state they lead to");
  for (const [server, { transitions }] of servers) {
    for (const [state, count] of transitions) text.sample(count, { ...labelsOf(server), state });
  }
  text.metric("sallyport_queue_wait_seconds", "histogram", "How long calls wait for their turn");
  for (const [server, { queueWait }] of servers) if (queueWait.count > 0) text.histogram(queueWait, labelsOf(server));
}

/** How servers are now. */
export function writeStandings(text: PrometheusText, { fleet, router, guards }: MeteredParts): void {
  const runners = fleet.all();
  text.metric("sallyport_backend_state", "gauge", "1 for the state a server is in, 0 for all others");
  for (const { spec } of runners) {
    const now = router.stateOf(spec.id);
    for (const state of Object.keys(STATES)) text.sample(state === now ? 1 : 0, { ...labelsOf(spec.id), state });
  }
  text.metric("sallyport_circuit_state", "gauge", "0 closed, 1 half open, 2 open");
  for (const runner of runners) text.sample(CIRCUIT[guards.view(runner).breaker] ?? 0, labelsOf(runner.spec.id));
  text.metric("sallyport_calls_inflight", "gauge", "Calls at work in a server");
  for (const { spec, inFlight } of runners) text.sample(inFlight, labelsOf(spec.id));
}

/** How often connections are reused, for servers spoken to over HTTP. */
export function writeConnections(text: PrometheusText, runners: readonly BackendRunner[]): void {
  const rows = runners.map((runner) => [runner.spec.id, trafficOf(runner)] as const);
  text.metric("sallyport_connection_requests_total", "counter", "HTTP requests sent to a server since its last start");
  for (const [server, traffic] of rows) if (traffic) text.sample(traffic.requests, labelsOf(server));
  text.metric("sallyport_connection_opened_total", "counter", "Connections opened for them; fewer where they are reused");
  for (const [server, traffic] of rows) if (traffic) text.sample(traffic.connections, labelsOf(server));
}
