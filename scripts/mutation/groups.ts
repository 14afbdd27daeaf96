/** A part of the source that is mutated together, and the share of its mutants the tests must kill, in %. */
export interface Group {
  readonly name: string;
  /** Patterns of files; "!" takes some out again. */
  readonly files: readonly string[];
  /** Patterns of the tests that have to notice. */
  readonly tests: readonly string[];
  readonly floor: number;
}

const STRICT = 95;
/** What all groups together must reach; a group with a floor of 0 has none of its own. */
export const OVERALL_FLOOR = 85;

const BREAKER = "src/resilience/{circuit-breaker,failure-statistics,probation,slow-start}.ts";
const LINES = "src/wire/{line-codec,line-writer,peek-envelope,json-rpc,request-id,json-depth}.ts";
/** Made from a source of another language, with which a test compares it. */
const MADE = "src/wire/string-scan-wasm.ts";
const RETRY = ["src/resilience/{retry-policy,retry-budget,pushback}.ts", "src/gateway/filters/retry.ts"];

export const GROUPS: readonly Group[] = [
  {
    name: "breaker",
    files: [BREAKER],
    tests: ["test/unit/resilience/{circuit-breaker,failure-statistics,probation,slow-start}*.test.ts"],
    floor: STRICT,
  },
  {
    name: "retry",
    files: RETRY,
    tests: ["test/unit/resilience/{retry,pushback}*.test.ts", "test/unit/gateway/{,filters/}retry.test.ts"],
    floor: STRICT,
  },
  {
    name: "lines",
    files: [LINES],
    tests: ["test/unit/wire/*.test.ts"],
    floor: STRICT,
  },
  { name: "lifecycle", files: ["src/lifecycle/*.ts"], tests: ["test/unit/lifecycle/*.test.ts"], floor: STRICT },
  {
    name: "resilience",
    files: ["src/resilience/*.ts", ...without(BREAKER, ...RETRY)],
    tests: ["test/unit/resilience/*.test.ts"],
    floor: 0,
  },
  {
    name: "filters",
    files: ["src/gateway/filters/*.ts", ...without(...RETRY)],
    tests: ["test/unit/gateway/**/*.test.ts"],
    floor: 0,
  },
  {
    name: "cache",
    files: ["src/cache/*.ts"],
    tests: ["test/unit/cache/*.test.ts", "test/unit/gateway/cached-calls.test.ts"],
    floor: 0,
  },
  { name: "wire", files: ["src/wire/*.ts", ...without(LINES, MADE)], tests: ["test/unit/wire/*.test.ts"], floor: 0 },
  { name: "time", files: ["src/time/*.ts"], tests: ["test/unit/time/*.test.ts"], floor: 0 },
];

function without(...patterns: readonly string[]): readonly string[] {
  return patterns.map((pattern) => `!${pattern}`);
}
