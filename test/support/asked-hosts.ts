import { Client, type CreateMessageResult, type ElicitResult } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioClientTransportV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import type { JsonObject } from "../../src/model/json.ts";
import type { Launch } from "./gateway-home.ts";
import { textOf } from "./tool-answers.ts";

/** Every SDK client that can be asked. */
export const ASKED_KINDS = ["v1", "v2 legacy", "v2 modern"] as const;
export type AskedKind = (typeof ASKED_KINDS)[number];

/** What the hosts of these tests answer. */
export const NAMED: ElicitResult = { action: "accept", content: { name: "Ada" } };
export const FOUR: CreateMessageResult = { role: "assistant", model: "m", content: { type: "text", text: "4" } };
export const ROOTS = { roots: [{ uri: "file:///work", name: "work" }] };
const CAPABILITIES = { elicitation: { form: {} }, sampling: {}, roots: { listChanged: true } };
const ME = { name: "asked-host", version: "1.0.0" };

/** An SDK client whose person, model and roots can be asked for; disposing it ends the gateway behind it. */
export interface AskedHost extends AsyncDisposable {
  /** The methods it was asked by, in order. */
  readonly asked: string[];
  /** Replaces what its person answers. */
  answers(result: ElicitResult): void;
  /** Calls a tool through the gateway, and reads the JSON in its text. */
  call(tool: string, args?: JsonObject): Promise<unknown>;
}

/** Connects an SDK client of this kind to the gateway; one without capabilities declares none and is to be asked nothing. */
export async function connectAskedHost(kind: AskedKind, launch: Launch, isCapable = true): Promise<AskedHost> {
  const asked: string[] = [];
  let person = NAMED;
  const answer = <T>(method: string, result: () => T) => {
    asked.push(method);
    return result();
  };
  const answers = {
    elicit: async () => answer("elicitation/create", () => person),
    sample: async () => answer("sampling/createMessage", () => FOUR),
    roots: async () => answer("roots/list", () => ROOTS),
  };
  const client = kind === "v1" ? await connectV1(launch, isCapable, answers) : await connectV2(kind, launch, isCapable, answers);
  return {
    asked,
    answers: (result) => {
      person = result;
    },
    async call(tool, args = {}) {
      const result = await client.callTool({ name: "invoke", arguments: { tool, arguments: args } });
      return JSON.parse(textOf(result as JsonObject));
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

interface Answers {
  elicit(): Promise<ElicitResult>;
  sample(): Promise<CreateMessageResult>;
  roots(): Promise<typeof ROOTS>;
}

async function connectV1(launch: Launch, isCapable: boolean, { elicit, sample, roots }: Answers): Promise<ClientV1> {
  const client = new ClientV1(ME, { capabilities: isCapable ? CAPABILITIES : {} });
  if (isCapable) {
    client.setRequestHandler(ElicitRequestSchema, elicit as never);
    client.setRequestHandler(CreateMessageRequestSchema, sample as never);
    client.setRequestHandler(ListRootsRequestSchema, roots);
  }
  await client.connect(new StdioClientTransportV1(parametersOf(launch)));
  return client;
}

async function connectV2(
  kind: AskedKind,
  launch: Launch,
  isCapable: boolean,
  { elicit, sample, roots }: Answers,
): Promise<Client> {
  const versionNegotiation = { mode: kind === "v2 modern" ? { pin: "2026-07-28" } : ("legacy" as const) };
  const client = new Client(ME, { capabilities: isCapable ? CAPABILITIES : {}, versionNegotiation });
  if (isCapable) {
    client.setRequestHandler("elicitation/create", elicit);
    client.setRequestHandler("sampling/createMessage", sample);
    client.setRequestHandler("roots/list", roots);
  }
  await client.connect(new StdioClientTransport(parametersOf(launch)));
  return client;
}

const parametersOf = ({ command, args, env }: Launch) => ({
  command,
  args: [...args],
  env: { ...env },
  stderr: "ignore" as const,
});
