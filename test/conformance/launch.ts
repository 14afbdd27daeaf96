import type { BackendSpec } from "../../src/model/backend-spec.ts";
import type { JsonObject } from "../../src/model/json.ts";
import type { LaunchRequest, RuntimeKind } from "../../src/model/ports.ts";

/** A launch request nobody aborts. */
export const requestFor = (spec: BackendSpec, signal = new AbortController().signal): LaunchRequest => ({
  spec,
  replica: 0,
  signal,
  report: () => {},
});

/** A backend of a kind of runtime, from the fields its entry would have. */
export function specOf(kind: RuntimeKind, fields: JsonObject, baseDir = process.cwd()): BackendSpec {
  const parsed = kind.parse({ id: "backend", fields, baseDir });
  return {
    id: "backend",
    runtime: kind.kind,
    ...parsed,
    replicas: parsed.replicas ?? 1,
    affinity: "auto",
    protocolEra: "auto",
    description: undefined,
    tags: [],
    enabled: true,
    tools: { allow: undefined, deny: [], overrides: new Map() },
    trustAnnotations: false,
    startTimeoutMs: 40_000,
    callTimeoutMs: 45_000,
    cacheTtlMs: 0,
    maxResultTokens: 20_000,
    idlePauseMs: 0,
    idleStopMs: 600_000,
    warm: false,
    toolsFile: undefined,
    missing: [],
    digest: "digest",
    extra: {},
  };
}
