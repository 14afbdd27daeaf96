import type { Gateway } from "../../gateway/gateway.ts";
import { GatewayError } from "../../model/errors.ts";

/** What matters of an HTTP request. */
export interface OpsRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly host: string | undefined;
}

export interface OpsAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = "text/plain; charset=utf-8";
const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
const JSON_TYPE = "application/json";

/**
 * Answers `/metrics` for Prometheus, and on the socket `/status` for `sallyport status`: it shows the logs of servers, which are
 * not for everybody on this machine. On a port the Host must be this machine's own: a web page whose name was made to lead here
 * (DNS rebinding) brings its own name along.
 */
export async function answerOps(gateway: Gateway, request: OpsRequest, port: number | undefined): Promise<OpsAnswer> {
  if (port !== undefined && !isOwnHost(request.host, port)) return refusal(403, "This Host is not served here");
  if (request.method !== "GET" && request.method !== "HEAD") return refusal(405, "Only GET is served here");
  const [path, query] = (request.url ?? "").split("?", 2);
  if (path === "/metrics") return { status: 200, type: PROMETHEUS, body: await gateway.ops.metrics() };
  if (path !== "/status" || port !== undefined) return refusal(404, "There is /metrics");
  const server = new URLSearchParams(query).get("server");
  try {
    const found = server === null ? await gateway.status() : await gateway.serverStatus(server);
    return { status: 200, type: JSON_TYPE, body: JSON.stringify(found) };
  } catch (reason) {
    const { code, message } = GatewayError.from(reason);
    return refusal(code === "not_found" ? 404 : 500, message);
  }
}

const refusal = (status: number, body: string): OpsAnswer => ({ status, type: TEXT, body: `${body}\n` });

const isOwnHost = (host: string | undefined, port: number): boolean =>
  ["127.0.0.1", "localhost"].some((name) => host === name || host === `${name}:${port}`);
