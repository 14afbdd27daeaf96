import type { JsonObject } from "../../src/model/json.ts";
import type { DriverHost } from "./driver-host.ts";

/** What a host does in one scenario; `context` is what the suite tells it about the mock server. */
type Script = (host: DriverHost, context: JsonObject) => Promise<void>;

const SERVER = "conf";
/** A call the mock never answers must not outlast the scenario. */
const CALL_MS = 8_000;
const invoke = (host: DriverHost, tool: string, args: JsonObject = {}) =>
  host.call("invoke", { tool: `${SERVER}/${tool}`, arguments: args, timeoutMs: CALL_MS });

/** Tools that a client must not offer, because of their header annotations, and one that it must. */
const HEADER_TOOLS = [
  "valid_tool",
  "invalid_empty_header",
  "invalid_object_header",
  "invalid_array_header",
  "invalid_null_header",
  "invalid_duplicate_same_case",
  "invalid_duplicate_diff_case",
  "invalid_space_in_name",
  "invalid_colon_in_name",
  "invalid_non_ascii_name",
  "invalid_control_char_name",
];

const start: Script = async (host) => {
  await host.call("manage", { action: "refresh", server: SERVER });
};

/** Calls these tools one after the other, whatever becomes of each. */
const calls =
  (...tools: readonly (readonly [name: string, args?: JsonObject])[]): Script =>
  async (host) => {
    for (const [name, args] of tools) await invoke(host, name, args);
  };

async function callAsTold(host: DriverHost, { toolCalls }: JsonObject): Promise<void> {
  for (const { name, arguments: args } of toolCalls as { name: string; arguments: JsonObject }[]) await invoke(host, name, args);
}

async function visitAllKinds(host: DriverHost): Promise<void> {
  for (const tool of ["test_headers", "my-hyphenated-tool"]) await invoke(host, tool);
  await host.call("resources", { action: "list", server: SERVER });
  for (const uri of ["file:///path/to/file%20name.txt", "https://example.com/resource?id=123"])
    await host.call("resources", { action: "read", server: SERVER, uri });
  await host.call("prompts", { action: "list", server: SERVER });
  await host.call("prompts", { action: "get", server: SERVER, name: "test_prompt" });
}

/** Hands the definition it was shown back to the mock, which looks for what got lost on the way. */
async function echoSchema(host: DriverHost): Promise<void> {
  const { structuredContent } = await host.call("describe", { tools: [`${SERVER}/json_schema_2020_12_tool`] });
  const { tools } = structuredContent as { tools: { definition: JsonObject }[] };
  await invoke(host, "json_schema_echo", { schema: tools[0]?.definition["inputSchema"] });
}

/** One script for each scenario of the client half. */
export const scripts: Readonly<Record<string, Script>> = {
  initialize: start,
  "request-metadata": start,
  "json-schema-ref-no-deref": start,
  tools_call: calls(["add_numbers", { a: 5, b: 3 }]),
  "elicitation-sep1034-client-defaults": calls(["test_client_elicitation_defaults"]),
  "sse-retry": calls(["test_reconnection"]),
  "sep-2322-client-request-state": calls(
    ["test_mrtr_echo_state"],
    ["test_mrtr_no_state"],
    ["test_mrtr_unrelated"],
    ["test_mrtr_no_result_type"],
  ),
  "http-invalid-tool-headers": calls(...HEADER_TOOLS.map((name) => [name, { region: "us-west1" }] as const)),
  "http-custom-headers": callAsTold,
  "http-standard-headers": visitAllKinds,
  "json-schema-2020-12-preservation": echoSchema,
};
