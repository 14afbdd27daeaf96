import type * as z from "zod/mini";
import type { BackendSpec, ToolRules } from "../model/backend-spec.ts";
import { digestOf } from "./digest.ts";
import type { commonSchema } from "./entry-schema.ts";
import type { ExpandedEntry } from "./expand-entry.ts";
import type { VariableSources } from "./variable-sources.ts";

/** The times and bounds of an entry that says nothing about them. */
export interface Timing {
  readonly startTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly cacheTtlMs: number;
  readonly maxResultTokens: number;
  readonly idlePauseMs: number;
  readonly idleStopMs: number;
}

/** Everything known about an entry after reading it. */
export interface EntryFacts {
  readonly id: string;
  readonly runtime: string;
  readonly entry: ExpandedEntry;
  readonly common: z.infer<typeof commonSchema>;
  readonly options: unknown;
  readonly transport: BackendSpec["transport"];
  readonly replicas?: number | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Fills in every default and the digest. */
export function buildSpec(facts: EntryFacts, world: { readonly timing: Timing; readonly sources: VariableSources }): BackendSpec {
  const { id, runtime, entry, common, options, transport, replicas, extra } = facts;
  const timing: Timing = {
    startTimeoutMs: common.startTimeoutMs ?? world.timing.startTimeoutMs,
    callTimeoutMs: common.callTimeoutMs ?? world.timing.callTimeoutMs,
    cacheTtlMs: common.cacheTtlMs ?? world.timing.cacheTtlMs,
    maxResultTokens: common.maxResultTokens ?? world.timing.maxResultTokens,
    idlePauseMs: common.idlePauseMs ?? world.timing.idlePauseMs,
    idleStopMs: common.idleStopMs ?? world.timing.idleStopMs,
  };
  const { baseDir } = world.sources;
  return {
    id,
    runtime,
    options,
    transport,
    protocolEra: common.protocolEra ?? "auto",
    replicas: replicas ?? common.replicas ?? 1,
    affinity: common.affinity ?? "auto",
    description: common.description,
    tags: common.tags ?? [],
    enabled: common.enabled ?? true,
    tools: toolRules(common.tools),
    trustAnnotations: common.trust?.annotations ?? false,
    ...timing,
    warm: common.warm ?? false,
    toolsFile: common.toolsFile === undefined ? undefined : world.sources.pathOf(common.toolsFile),
    missing: entry.missing,
    // From the fields and not from the options: a Secret or a Map in there has no canonical text.
    digest: digestOf({ id, runtime, transport, baseDir, timing, fields: entry.fields, missing: entry.missing }),
    extra,
  };
}

function toolRules(tools: EntryFacts["common"]["tools"]): ToolRules {
  return { allow: tools?.allow, deny: tools?.deny ?? [], overrides: new Map(Object.entries(tools?.overrides ?? {})) };
}
