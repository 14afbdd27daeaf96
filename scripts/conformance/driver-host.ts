import { Client, type ElicitResult } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { z } from "zod";
import type { JsonObject } from "../../src/model/json.ts";
import type { Launch } from "../../test/support/gateway-home.ts";

/** A host in front of the gateway, as the scripts of the client half see it. */
export interface DriverHost extends AsyncDisposable {
  /** Calls a meta-tool; a failed call is an answer too, and is written to stderr, which the suite keeps. */
  call(metaTool: string, args: JsonObject): Promise<JsonObject>;
}

const ANY_RESULT = z.record(z.string(), z.unknown());

/** Starts the gateway and connects to it in the era of the scenario; says yes to whatever it is asked. */
export async function connectHost({ command, args, env }: Launch, isModern: boolean): Promise<DriverHost> {
  const client = new Client(
    { name: "conformance-host", version: "1.0.0" },
    {
      capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
      versionNegotiation: { mode: isModern ? { pin: "2026-07-28" } : "legacy" },
    },
  );
  client.setRequestHandler("elicitation/create", async ({ params }): Promise<ElicitResult> => {
    const asksToConfirm = JSON.stringify(params).includes('"confirmed"');
    return { action: "accept", content: asksToConfirm ? { confirmed: true } : {} };
  });
  await client.connect(new StdioClientTransport({ command, args: [...args], env: { ...env }, stderr: "inherit" }));
  return {
    async call(name, toolArgs) {
      const result = await client.callTool({ name, arguments: { ...toolArgs } });
      if (result.isError) console.error(`${name} ${JSON.stringify(toolArgs)} failed: ${JSON.stringify(result.content)}`);
      return ANY_RESULT.parse(result);
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
