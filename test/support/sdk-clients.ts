import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioClientTransportV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { z } from "zod";
import type { ProgressUpdate } from "../../src/model/call.ts";
import type { JsonObject } from "../../src/model/json.ts";
import type { Era } from "../../src/model/ports.ts";
import type { Launch } from "./gateway-home.ts";

/** Every SDK client a host may be built on, by the way it opens the conversation. */
export const CLIENT_KINDS = ["v1", "v2 legacy", "v2 modern", "v2 auto"] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** An SDK client, connected; disposing it closes the connection and with it the child process. */
export interface HostClient extends AsyncDisposable {
  readonly era: Era;
  /** Sends a request and gives back the result as it came, without the SDK's own parsing of it. */
  request(method: string, params: JsonObject, onProgress?: (update: ProgressUpdate) => void): Promise<JsonObject>;
  /** The SDK's own `listTools`, with every check the SDK makes. */
  listTools(): Promise<readonly JsonObject[]>;
  /** The SDK's own `callTool`, with every check the SDK makes. */
  callTool(name: string, args: JsonObject): Promise<JsonObject>;
}

/** Lets every object through, so that the SDK strips nothing. */
const ANY_RESULT = z.record(z.string(), z.unknown());
const ME = { name: "sallyport-tests", version: "1.0.0" };
const NEGOTIATION = { "v2 legacy": "legacy", "v2 auto": "auto", "v2 modern": { pin: "2026-07-28" } } as const;

/** Starts `launch` and connects a client of the given kind to it over the child's pipes. */
export function connectOverStdio(kind: ClientKind, launch: Launch): Promise<HostClient> {
  return kind === "v1" ? connectV1(launch) : connectV2(launch, NEGOTIATION[kind]);
}

async function connectV1(launch: Launch): Promise<HostClient> {
  const client = new ClientV1(ME);
  await client.connect(new StdioClientTransportV1({ ...parametersOf(launch), stderr: "ignore" }));
  return {
    era: "legacy",
    request: (method, params, onProgress) =>
      client.request({ method, params: { ...params } }, ANY_RESULT, { ...(onProgress && { onprogress: onProgress }) }),
    listTools: async () => (await client.listTools()).tools,
    callTool: async (name, args) => client.callTool({ name, arguments: { ...args } }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function connectV2(launch: Launch, mode: (typeof NEGOTIATION)[keyof typeof NEGOTIATION]): Promise<HostClient> {
  const client = new Client(ME, { versionNegotiation: { mode } });
  await client.connect(new StdioClientTransport({ ...parametersOf(launch), stderr: "ignore" }));
  return hostClient(client);
}

/** Wraps a connected SDK v2 client. */
export function hostClient(client: Client): HostClient {
  return {
    era: client.getProtocolEra() === "modern" ? "modern" : "legacy",
    request: (method, params, onProgress) =>
      client.request({ method, params: { ...params } }, ANY_RESULT, { ...(onProgress && { onprogress: onProgress }) }),
    listTools: async () => (await client.listTools()).tools,
    callTool: async (name, args) => client.callTool({ name, arguments: { ...args } }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

const parametersOf = (launch: Launch) => ({ command: launch.command, args: [...launch.args], env: { ...launch.env } });
