import type { Caller } from "../../gateway/caller.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { CallDone, ToolAnswer } from "../../model/call.ts";
import { GatewayError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";

/** What the host is told about a tool's effects; the last two matter only for tools that are not read-only. */
export interface MetaToolHints {
  readonly readOnlyHint: boolean;
  readonly openWorldHint: boolean;
  readonly destructiveHint?: boolean;
  readonly idempotentHint?: boolean;
}

/** What a meta-tool is given besides its arguments. */
export interface MetaToolCaller extends Caller {
  /** Answers of an earlier round, when the host repeats a call that needed input. */
  readonly inputResponses?: JsonObject | undefined;
  readonly requestState?: string | undefined;
}

/** One tool of Sallyport itself: a flat object schema and what it does with a gateway. */
export interface MetaTool {
  /** Snake case; hosts drop a server whose tool names they dislike. */
  readonly name: string;
  readonly description: string;
  /** The properties of its argument object; no composition and no `$ref`, which hosts refuse. */
  readonly properties: Readonly<Record<string, JsonObject>>;
  readonly required: readonly string[];
  readonly hints: MetaToolHints;
  /** The tools/call result, perhaps unread; throws a GatewayError, which becomes an `isError` result. */
  run(args: JsonObject, gateway: Gateway, caller: MetaToolCaller): Promise<ToolAnswer>;
  /** The same for whoever cannot wait for a promise; absent where it would gain nothing. Throws what is wrong with the arguments. */
  start?(args: JsonObject, gateway: Gateway, caller: MetaToolCaller, done: CallDone): void;
}

/** Both ways to run a tool that is started. */
export const startable = (start: NonNullable<MetaTool["start"]>): Pick<MetaTool, "run" | "start"> => ({
  start,
  run: async (args, gateway, caller) =>
    await new Promise<ToolAnswer>((resolve, reject) => {
      start(args, gateway, caller, (ending) => (ending instanceof GatewayError ? reject(ending) : resolve(ending)));
    }),
});

/** The tool as `tools/list` shows it. */
export const definitionOf = ({ name, description, properties, required, hints }: MetaTool): JsonObject => ({
  name,
  description,
  inputSchema: { type: "object", properties, ...(required.length > 0 && { required }) },
  annotations: hints,
});

export const STRING = { type: "string" } as const;
export const INTEGER = { type: "integer" } as const;
export const BOOLEAN = { type: "boolean" } as const;
export const OBJECT = { type: "object" } as const;
export const STRINGS = { type: "array", items: STRING } as const;

/** A result with text for the model and the same as data. */
export const answer = (text: string, data: object): JsonObject => ({
  content: [{ type: "text", text }],
  structuredContent: data,
});

/** What a host that was asked something brings along when it repeats its call; nothing the first time. */
export const roundOf = ({ inputResponses, requestState }: MetaToolCaller): JsonObject => ({
  ...(inputResponses && { inputResponses }),
  ...(requestState !== undefined && { requestState }),
});

/** Whether a backend answered with a question to the host, which is passed on as it is. */
export const isQuestion = (result: JsonObject): boolean => result["resultType"] === "input_required";
