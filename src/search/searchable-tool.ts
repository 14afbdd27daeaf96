import type { JsonObject } from "../model/json.ts";
import type { Neighbours } from "./near-tools.ts";

/** A tool as the index takes it in: its definition as the backend sent it, and what the registry says of its server. */
export interface SearchableTool {
  readonly server: string;
  readonly tool: string;
  readonly definition: JsonObject;
  /** The name the server gives itself, where it differs from its id. */
  readonly serverTitle?: string | undefined;
  readonly serverDescription?: string | undefined;
  readonly tags: readonly string[];
  /** Asks in a person's words that this tool answers. */
  readonly examples?: readonly string[] | undefined;
}

/** How sure the index is that a hit is what was asked for. */
export type Confidence = "high" | "medium" | "low";

/** The words of a query found in one field of a hit; of a hit found by its meaning, its place among those. */
export interface FieldMatch {
  readonly field: Field | "meaning";
  readonly words: readonly string[];
}

export interface SearchHit {
  readonly server: string;
  readonly tool: string;
  /** Comparable within one result list only. */
  readonly score: number;
  readonly confidence: Confidence;
  /** Other servers with the same tool, nearest first. */
  readonly alsoOn: readonly string[];
  /** Why it was found; only with `explain`. */
  readonly matched?: readonly FieldMatch[];
}

export interface SearchOptions {
  /** Only tools of this server. */
  readonly server?: string | undefined;
  /** Default 8. */
  readonly limit?: number | undefined;
  /** Tools it answers false for are treated as if they were not there. */
  readonly filter?: ((server: string, tool: string) => boolean) | undefined;
  readonly explain?: boolean | undefined;
  /** What a tool's score is multiplied by, for tools known to be wanted; 1 for all others. */
  readonly lift?: ((server: string, tool: string) => number) | undefined;
  /** The tools that mean something like the query, to be ranked together with those that have its words. */
  readonly near?: NearTools | undefined;
}

/** Tools found by meaning, and what that is worth. */
export interface NearTools {
  readonly neighbours: Neighbours;
  /** How much of a rank is due to meaning, 0 to 1. */
  readonly weight: number;
}

/** The parts of a tool that are searched, each with its own weight. */
export const FIELDS = [
  "server",
  "tool",
  "title",
  "lead",
  "description",
  "serverDescription",
  "parameters",
  "parameterTexts",
  "tags",
  "examples",
] as const;

export type Field = (typeof FIELDS)[number];
