import { z } from "zod";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import type { StateStore } from "../model/ports.ts";
import type { BackendListing } from "./catalog.ts";

const FORMAT = 1;

interface StoredTool {
  readonly name: string;
  readonly digest: string;
  readonly definition: JsonObject;
}

/** Kept by reference: rebuilding foreign objects could lose a field. */
const Foreign = z.custom<JsonObject>(isJsonObject);
/** Checked by hand, since thousands of them stand before the first answer of a fresh process. */
const StoredTools = z.custom<readonly StoredTool[]>((value) => Array.isArray(value) && value.every(isStoredTool));

const Snapshot = z.object({
  format: z.literal(FORMAT),
  backend: z.string(),
  specDigest: z.string(),
  seenAt: z.number(),
  instructions: z.string().optional(),
  tools: StoredTools,
  resources: z.array(Foreign).optional(),
  resourceTemplates: z.array(Foreign).optional(),
  prompts: z.array(Foreign).optional(),
  quarantined: z.array(z.object({ name: z.string(), reason: z.string() })),
});

function isStoredTool(value: unknown): value is StoredTool {
  if (!isJsonObject(value)) return false;
  return typeof value["name"] === "string" && typeof value["digest"] === "string" && isJsonObject(value["definition"]);
}

/** The name under which a StateStore keeps a backend's listing. */
export const listingName = (backend: string): string => `catalog/${backend}`;

/** A listing as text; expects foreign values of bounded depth. */
export function printListing(backend: string, listing: BackendListing): string {
  const tools = listing.tools.map(({ ref, digest, definition }) => ({ name: ref.tool, digest, definition }));
  const { specDigest, seenAt, instructions, resources, resourceTemplates, prompts, quarantined } = listing;
  const rest = { specDigest, seenAt, instructions, resources, resourceTemplates, prompts, quarantined };
  return JSON.stringify({ format: FORMAT, backend, tools, ...rest });
}

/**
 * The listing of a backend out of its text, with the source `stored`; stale if it was seen under another spec than
 * `specDigest`. Undefined for text that is damaged, of another format, or another backend's.
 */
export function parseListing(text: string, backend: string, specDigest: string): BackendListing | undefined {
  const found = Snapshot.safeParse(parseJson(text)).data;
  if (found?.backend !== backend) return undefined;
  const tools = found.tools.map(({ name, digest, definition }) => ({ ref: { backend, tool: name }, digest, definition }));
  return {
    tools,
    resources: found.resources,
    resourceTemplates: found.resourceTemplates,
    prompts: found.prompts,
    quarantined: found.quarantined,
    instructions: found.instructions,
    seenAt: found.seenAt,
    source: "stored",
    specDigest: found.specDigest,
    stale: found.specDigest !== specDigest,
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
