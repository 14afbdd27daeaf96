import { GatewayError } from "./errors.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

/** A tool's full name, written `"server/tool"`. */
export interface ToolRef {
  readonly backend: string;
  readonly tool: string;
}

/** One tool as a backend defined it, with what the gateway knows about it. */
export interface ToolDescriptor {
  readonly ref: ToolRef;
  /** The definition exactly as the backend sent it. */
  readonly definition: JsonObject;
  /** Digest of the parts that make the tool what it is (name, description, schemas, annotations; not `_meta`). */
  readonly digest: string;
}

/** A tool a backend offers and nobody can call, with the reason as one sentence for people; its name is already safe to print. */
export interface QuarantinedTool {
  readonly name: string;
  readonly reason: string;
}

/**
 * Reads `"server/tool"`. The split is at the first `/`: a server id never contains one, a tool name may.
 * Throws `invalid_argument` for anything else.
 */
export function parseToolRef(address: unknown): ToolRef {
  const cut = typeof address === "string" ? address.indexOf("/") : -1;
  if (typeof address !== "string" || cut <= 0 || cut === address.length - 1) {
    throw new GatewayError("invalid_argument", `tool: expected "server/tool", found ${JSON.stringify(address) ?? "nothing"}`, {
      hint: "Call discover to find the exact address of a tool",
    });
  }
  return { backend: address.slice(0, cut), tool: address.slice(cut + 1) };
}

/** The address a person or model uses: `"server/tool"`. */
export const formatToolRef = (ref: ToolRef): string => `${ref.backend}/${ref.tool}`;

/** Whether the definition itself claims to be read-only: a hint, believed only where the registry trusts it. */
export const claimsReadOnly = (definition: JsonObject): boolean =>
  isJsonObject(definition["annotations"]) && definition["annotations"]["readOnlyHint"] === true;
