import type { JsonObject } from "../model/json.ts";
import type { QuarantinedTool, ToolDescriptor, ToolRef } from "../model/tool.ts";

/** Where a listing comes from: the running backend, the disk, the entry's `toolsFile`, or nowhere yet. */
export type ListingSource = "live" | "stored" | "toolsFile" | "none";

/** What one backend offers, as seen at one moment; replaced as a whole and never edited. */
export interface BackendListing {
  /** Of a stored listing they are read when they are first wanted. */
  readonly tools: readonly ToolDescriptor[];
  /** Digest of the tools, where it is known without them. */
  readonly toolsDigest?: string;
  /** Undefined: the backend has never been asked, or has none to offer. */
  readonly resources: readonly JsonObject[] | undefined;
  readonly resourceTemplates: readonly JsonObject[] | undefined;
  readonly prompts: readonly JsonObject[] | undefined;
  readonly quarantined: readonly QuarantinedTool[];
  /** The backend's own words about itself: untrusted text. */
  readonly instructions: string | undefined;
  /** Wall-clock milliseconds since 1970; 0 for a backend nobody has seen. */
  readonly seenAt: number;
  readonly source: ListingSource;
  /** Digest of the spec under which it was seen. */
  readonly specDigest: string;
  /** For how long the backend vouches for it; undefined if it says nothing. */
  readonly ttlMs?: number;
  /** Seen under another spec than today's: good enough to find a tool, to be refreshed as soon as the backend runs. */
  readonly stale: boolean;
}

/** The listing of a backend nobody has seen yet. */
export const emptyListing = (specDigest: string): BackendListing => ({
  tools: [],
  resources: undefined,
  resourceTemplates: undefined,
  prompts: undefined,
  quarantined: [],
  instructions: undefined,
  seenAt: 0,
  source: "none",
  specDigest,
  stale: false,
});

/** Hears that a backend's listing was replaced, or forgotten (`undefined`). */
export type ListingListener = (backend: string, listing: BackendListing | undefined) => void;

interface Entry {
  readonly listing: BackendListing;
  /** Made when a tool is first looked for. */
  byName?: ReadonlyMap<string, ToolDescriptor>;
}

function byName(tools: readonly ToolDescriptor[]): ReadonlyMap<string, ToolDescriptor> {
  const found = new Map<string, ToolDescriptor>();
  for (const tool of tools) if (!found.has(tool.ref.tool)) found.set(tool.ref.tool, tool); // the first one counts
  return found;
}

/** What all backends offer, as last seen; a tool is found by its backend and its name only, so none can stand in for another's. */
export class Catalog {
  readonly #entries = new Map<string, Entry>();
  readonly #onChange: ListingListener;
  #version = 0;

  /** `onChange` is called after each change, before the call that made it returns. */
  constructor(onChange: ListingListener = () => {}) {
    this.#onChange = onChange;
  }

  /** Grows with every change, so that a follower can tell whether it is up to date. */
  get version(): number {
    return this.#version;
  }

  replace(backend: string, listing: BackendListing): void {
    this.#entries.set(backend, { listing });
    this.#changed(backend, listing);
  }

  forget(backend: string): void {
    if (this.#entries.delete(backend)) this.#changed(backend, undefined);
  }

  get(backend: string): BackendListing | undefined {
    return this.#entries.get(backend)?.listing;
  }

  find(ref: ToolRef): ToolDescriptor | undefined {
    const entry = this.#entries.get(ref.backend);
    if (!entry) return undefined;
    entry.byName ??= byName(entry.listing.tools);
    return entry.byName.get(ref.tool);
  }

  /** Every backend with its listing, as of now: later changes do not show in it. */
  all(): readonly (readonly [string, BackendListing])[] {
    return [...this.#entries].map(([backend, { listing }]) => [backend, listing] as const);
  }

  #changed(backend: string, listing: BackendListing | undefined): void {
    this.#version += 1;
    this.#onChange(backend, listing);
  }
}
