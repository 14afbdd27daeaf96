import { createHash } from "node:crypto";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { StateStore } from "../model/ports.ts";
import type { QuarantinedTool, ToolDescriptor } from "../model/tool.ts";
import type { BackendListing } from "./catalog.ts";
import { digestTools } from "./tools-digest.ts";

const FORMAT = 2;

interface StoredTool {
  readonly name: string;
  readonly digest: string;
  readonly definition: JsonObject;
}

/** Everything but the tools, and what tells that the tools are those that were written. */
interface Head extends Omit<BackendListing, "tools" | "source" | "stale" | "ttlMs" | "toolsDigest"> {
  readonly toolsDigest: string;
  readonly seal: string;
}

/** The name under which a StateStore keeps a backend's listing. */
export const listingName = (backend: string): string => `catalog/${backend}`;

/** A listing as two lines, the tools in the second; expects foreign values of bounded depth. */
export function printListing(backend: string, listing: BackendListing): string {
  const stored = listing.tools.map(({ ref, digest, definition }): StoredTool => ({ name: ref.tool, digest, definition }));
  const tools = JSON.stringify(stored);
  const { specDigest, seenAt, instructions, resources, resourceTemplates, prompts, quarantined } = listing;
  const rest = { specDigest, seenAt, instructions, resources, resourceTemplates, prompts, quarantined };
  const head = { format: FORMAT, backend, ...rest, toolsDigest: digestTools(listing.tools), seal: sealOf(tools) };
  return `${JSON.stringify(head)}\n${tools}`;
}

/**
 * The listing of a backend out of its text, with the source `stored`; stale if it was seen under another spec than
 * `specDigest`. Undefined for text that is damaged, of another format, or another backend's. The tools are read when they are
 * first wanted: a question is about a few servers of many.
 */
export function parseListing(text: string, backend: string, specDigest: string): BackendListing | undefined {
  const headEnd = text.indexOf("\n");
  const head = readHead(parseJson(text.slice(0, Math.max(0, headEnd))), backend);
  const stored = text.slice(headEnd + 1);
  if (head?.seal !== sealOf(stored)) return undefined;
  const { seal: _, ...rest } = head;
  let tools: readonly ToolDescriptor[] | undefined;
  return {
    ...rest,
    get tools() {
      tools ??= readTools(stored, backend);
      return tools;
    },
    source: "stored",
    stale: head.specDigest !== specDigest,
  };
}

/** Keeps a listing for the next process. */
export const saveListing = (store: StateStore, backend: string, listing: BackendListing): Promise<void> =>
  store.write(listingName(backend), printListing(backend, listing));

/** The listing an earlier process kept, or undefined if there is none that can be read. */
export async function loadListing(store: StateStore, backend: string, specDigest: string): Promise<BackendListing | undefined> {
  const text = await store.read(listingName(backend));
  return text === undefined ? undefined : parseListing(text, backend, specDigest);
}

function readHead(value: unknown, backend: string): Head | undefined {
  if (!isJsonObject(value) || value["format"] !== FORMAT || value["backend"] !== backend) return undefined;
  const { specDigest, seenAt, instructions, resources, resourceTemplates, prompts, quarantined, toolsDigest, seal } = value;
  if (typeof specDigest !== "string" || typeof toolsDigest !== "string" || typeof seal !== "string") return undefined;
  if (typeof seenAt !== "number" || !isTextOrAbsent(instructions) || !isListOf(quarantined, isQuarantined)) return undefined;
  if (!isForeign(resources) || !isForeign(resourceTemplates) || !isForeign(prompts)) return undefined;
  return { specDigest, seenAt, instructions, resources, resourceTemplates, prompts, quarantined, toolsDigest, seal };
}

const isListOf = <T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] =>
  Array.isArray(value) && value.every(isItem);

const isForeign = (value: unknown): value is readonly JsonObject[] | undefined =>
  value === undefined || isListOf(value, isJsonObject);

const isTextOrAbsent = (value: unknown): value is string | undefined => value === undefined || typeof value === "string";

const isQuarantined = (value: unknown): value is QuarantinedTool =>
  isJsonObject(value) && typeof value["name"] === "string" && typeof value["reason"] === "string";

/** The seal vouches for the shape. */
const readTools = (text: string, backend: string): readonly ToolDescriptor[] =>
  (JSON.parse(text) as readonly StoredTool[]).map(({ name, digest, definition }) => ({
    ref: { backend, tool: name },
    digest,
    definition,
  }));

const sealOf = (text: string): string => createHash("sha256").update(text).digest("base64url");

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
