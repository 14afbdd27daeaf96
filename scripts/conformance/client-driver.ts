// The host of the client half. The suite starts it with the URL of a mock server as its last argument; it starts the built
// gateway with that URL as its only backend, and reaches the mock through the gateway's meta-tools.
import { createGatewayHome } from "../../test/support/gateway-home.ts";
import { scripts } from "./client-scripts.ts";
import { connectHost } from "./driver-host.ts";

/** Mocks that do not answer `server/discover`; the registry has to name their era. */
const WITHOUT_DISCOVER = ["http-standard-headers", "http-custom-headers", "http-invalid-tool-headers"];

const url = process.argv.at(-1);
const scenario = process.env["MCP_CONFORMANCE_SCENARIO"] ?? "";
const isModern = process.env["MCP_CONFORMANCE_PROTOCOL_VERSION"] === "2026-07-28";
const script = scripts[scenario];
if (!script) throw new Error(`Cannot play "${scenario}": client-scripts.ts has no script for it`);

const protocolEra = WITHOUT_DISCOVER.includes(scenario) ? "modern" : "auto";
await using home = await createGatewayHome({ mcpServers: { conf: { url, protocolEra } } });
await using host = await connectHost(home, isModern);
await script(host, JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}"));
