import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/model/json.ts";
import { managedLabels, scopeOf } from "../../src/runtime/container-labels.ts";
import { createGatewayHome, type GatewayHome } from "../support/gateway-home.ts";
import { GatewayProcess, resultOf } from "../support/gateway-process.ts";
import { engineAddress, podman } from "./engine-suite.ts";

/** One user's registry and state directory, the built gateways on it, and all containers they have made. */
export interface GatewayHouse extends AsyncDisposable {
  readonly home: GatewayHome;
  /** Starts one more gateway and shakes hands with it; the house ends it. */
  gateway(): Promise<GatewayProcess>;
  /** Puts other servers into the registry file, which the gateways follow. */
  rewrite(mcpServers: JsonObject): Promise<void>;
  /** What podman says of every container of this house, stopped ones included, each in the given format. */
  containers(format?: string): Promise<string[]>;
}

/** The gateways use the podman of the suite unless `settings` name another engine. */
export async function openGatewayHouse(mcpServers: JsonObject, settings: JsonObject = {}): Promise<GatewayHouse> {
  const registryOf = (servers: JsonObject): JsonObject => ({ engine: engineAddress(), ...settings, mcpServers: servers });
  const home = await createGatewayHome(registryOf(mcpServers));
  const gateways: GatewayProcess[] = [];
  const labels = managedLabels(scopeOf(join(home.stateDir, "run"))).flatMap((label) => ["--filter", `label=${label}`]);
  const list = async (format: string) => (await podman("ps", "-a", ...labels, "--format", format)).split("\n").filter(Boolean);
  return {
    home,
    async gateway() {
      const gateway = GatewayProcess.join(home);
      gateways.push(gateway);
      await gateway.initialize();
      return gateway;
    },
    rewrite: (servers) => writeFile(home.registryFile, JSON.stringify(registryOf(servers), null, 2)),
    containers: (format = "{{.Names}}") => list(format),
    async [Symbol.asyncDispose]() {
      await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
      for (const id of await list("{{.ID}}"))
        await podman("rm", "-f", "-t", "0", id).catch(() => podman("rm", "-f", "-t", "0", id)); // refused once if it ends meanwhile
      await home[Symbol.asyncDispose]();
    },
  };
}

/** What a tool call through the gateway came to: its text, or the error as data. */
export interface Told {
  readonly text: string;
  readonly error: JsonObject | undefined;
}

/** Calls a backend's tool through the gateway. */
export async function invoke(gateway: GatewayProcess, tool: string, args: JsonObject = {}): Promise<Told> {
  return told(await gateway.callTool("invoke", { tool, arguments: args }));
}

/** The first text of a tool result and, for a failure of the gateway's own, its facts. */
export function told(result: JsonObject): Told {
  const [first] = Array.isArray(result["content"]) ? result["content"] : [];
  const facts = isJsonObject(result["structuredContent"]) ? result["structuredContent"]["error"] : undefined;
  const error = isJsonObject(facts) ? facts : undefined;
  return { text: isJsonObject(first) ? String(first["text"]) : "", error };
}

/** Calls a backend's tool and collects the progress that the gateway reports meanwhile. */
export async function invokeWithProgress(gateway: GatewayProcess, tool: string) {
  const progressToken = `progress of ${tool}`;
  const params = { name: "invoke", arguments: { tool, arguments: {} }, _meta: { progressToken } };
  const result = resultOf(await gateway.request("tools/call", params));
  const reports = gateway.notifications
    .map((message) => message["params"])
    .filter(isJsonObject)
    .filter((report) => report["progressToken"] === progressToken);
  return { result, reports };
}

/** The gateway's own view of one server. */
export async function statusOf(gateway: GatewayProcess, server: string): Promise<JsonObject> {
  const { structuredContent } = await gateway.callTool("status", { server });
  return isJsonObject(structuredContent) ? structuredContent : {};
}

/** Waits until the gateway says that a server is in this state. */
export async function untilState(gateway: GatewayProcess, server: string, state: string): Promise<void> {
  await expect.poll(async () => (await statusOf(gateway, server))["state"], { timeout: 15_000, interval: 50 }).toBe(state);
}

/** Waits until podman has exactly so many containers of this house. */
export async function untilContainers(house: GatewayHouse, count: number): Promise<void> {
  await expect.poll(() => house.containers(), { timeout: 15_000, interval: 100 }).toHaveLength(count);
}
