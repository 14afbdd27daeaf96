/**
 * What is put to the test: our upstream leg against the suite's mock servers (`client`), a backend reached through our
 * meta-tools (`facade`), our own stdio face (`plain`), and the same to the eyes of the MCP Inspector (`inspector`).
 */
export const HALVES = ["client", "facade", "plain", "inspector"] as const;
export type Half = (typeof HALVES)[number];

export const REVISIONS = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof REVISIONS)[number];

/** One scenario of the suite at one revision of the protocol. */
export interface Scenario {
  readonly half: Half;
  readonly revision: Revision;
  readonly name: string;
}

/** Scenarios of every revision, then those of one of them. OAuth and protocol extensions are out of scope. */
type Plan = Readonly<Record<"both" | Revision, readonly string[]>>;

const CLIENT: Plan = {
  both: ["tools_call", "json-schema-2020-12-preservation"],
  "2025-11-25": ["initialize", "elicitation-sep1034-client-defaults", "sse-retry"],
  "2026-07-28": [
    "request-metadata",
    "sep-2322-client-request-state",
    "http-standard-headers",
    "http-custom-headers",
    "http-invalid-tool-headers",
    "json-schema-ref-no-deref",
  ],
};

/** The scenarios that need the suite's fixture; those that test an HTTP server itself would test our bridge. */
const FACADE: Plan = {
  both: [
    "completion-complete",
    "tools-call-simple-text",
    "tools-call-image",
    "tools-call-audio",
    "tools-call-embedded-resource",
    "tools-call-mixed-content",
    "tools-call-error",
    "tools-call-with-progress",
    "json-schema-2020-12",
    "server-sse-multiple-streams",
    "resources-list",
    "resources-read-text",
    "resources-read-binary",
    "resources-templates-read",
    "prompts-list",
    "prompts-get-simple",
    "prompts-get-with-args",
    "prompts-get-embedded-resource",
    "prompts-get-with-image",
  ],
  "2025-11-25": [
    "logging-set-level",
    "tools-call-with-logging",
    "tools-call-sampling",
    "tools-call-elicitation",
    "elicitation-sep1034-defaults",
    "elicitation-sep1330-enums",
    "resources-subscribe",
    "resources-unsubscribe",
  ],
  "2026-07-28": [
    "sep-2164-resource-not-found",
    "input-required-result-basic-elicitation",
    "input-required-result-basic-sampling",
    "input-required-result-basic-list-roots",
    "input-required-result-request-state",
    "input-required-result-multiple-input-requests",
    "input-required-result-multi-round",
    "input-required-result-missing-input-response",
    "input-required-result-non-tool-request",
    "input-required-result-result-type",
    "input-required-result-unsupported-methods",
    "input-required-result-tampered-state",
    "input-required-result-capability-check",
    "input-required-result-ignore-extra-params",
    "input-required-result-validate-input",
  ],
};

const PLAIN: Plan = {
  both: ["tools-list"],
  "2025-11-25": ["server-initialize", "ping"],
  "2026-07-28": ["server-stateless", "caching"],
};

const INSPECTOR: Plan = {
  both: ["tools-list-strict", "tools-call", "tools-call-error", "tools-call-load"],
  "2025-11-25": [],
  "2026-07-28": [],
};

const PLANS: Readonly<Record<Half, Plan>> = { client: CLIENT, facade: FACADE, plain: PLAIN, inspector: INSPECTOR };

/** Every scenario of one half at one revision, in the order in which they are reported. */
export const scenariosOf = (half: Half, revision: Revision): readonly Scenario[] =>
  [...PLANS[half].both, ...PLANS[half][revision]].map((name) => ({ half, revision, name }));
