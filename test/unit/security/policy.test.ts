import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ToolOverride, ToolRules } from "../../../src/model/backend-spec.ts";
import type { ToolDescriptor } from "../../../src/model/tool.ts";
import {
  isToolAllowed,
  isTrustedIdempotent,
  isTrustedReadOnly,
  knownReadOnly,
  matchesPattern,
  type TrustSource,
} from "../../../src/security/policy.ts";

const rules = (allow: string[] | undefined, deny: string[] = []): ToolRules => ({ allow, deny, overrides: new Map() });

describe("allow and deny", () => {
  test.each<[string, ToolRules, string, boolean]>([
    ["no rules allow everything", rules(undefined), "read_file", true],
    ["an empty allow list allows nothing", rules([]), "read_file", false],
    ["an allowed name", rules(["read_file"]), "read_file", true],
    ["a name that is not listed", rules(["read_file"]), "write_file", false],
    ["an allowed pattern", rules(["read_*"]), "read_file", true],
    ["a second pattern", rules(["list_*", "read_*"]), "read_file", true],
    ["a denied name", rules(undefined, ["delete"]), "delete", false],
    ["what is not denied", rules(undefined, ["delete"]), "deleted", true],
    ["deny wins over allow", rules(["*"], ["*_file"]), "write_file", false],
    ["deny wins over the same name allowed", rules(["delete"], ["delete"]), "delete", false],
    ["case counts", rules(["Read"]), "read", false],
  ])("%s", (_what, given, name, allowed) => {
    expect(isToolAllowed(given, name)).toBe(allowed);
  });
});

describe("patterns", () => {
  test.each([
    ["*", "", true],
    ["*", "anything", true],
    ["", "", true],
    ["", "a", false],
    ["a*", "a", true],
    ["*a", "a", true],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a**b", "ab", true],
    ["*b*", "abc", true],
    ["a*b*c", "aXbYbZc", true],
    ["a*b*c", "acb", false],
    ["*ab*ab", "abab", true],
    ["*ab*ab", "ab", false],
    ["*.*", "a.b", true],
    ["a.c", "abc", false],
    ["[ab]", "a", false],
    ["a?", "ab", false],
    ["(a+)+$", "(a+)+$", true],
    ["read", "read_file", false],
    ["file", "read_file", false],
  ])("%j against %j", (pattern, name, expected) => {
    expect(matchesPattern(pattern, name)).toBe(expected);
  });

  test("a match means what the same pattern means as a regular expression", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
    const pattern = fc.array(fc.constantFrom("a", "b", ".", "*"), { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(pattern, text, (given, name) => {
        const source = given.replaceAll(".", "\\.").replaceAll("*", ".*");
        return matchesPattern(given, name) === new RegExp(`^${source}$`, "s").test(name);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a pattern made to backtrack ends", () => {
    expect(matchesPattern("*a".repeat(50_000), "a".repeat(49_999))).toBe(false);
  });
});

const descriptor = (annotations?: unknown): ToolDescriptor => ({
  ref: { backend: "fs", tool: "read" },
  definition: { name: "read", annotations },
  digest: "",
});
const spec = (trustAnnotations: boolean, override?: ToolOverride): TrustSource => ({
  trustAnnotations,
  tools: { allow: undefined, deny: [], overrides: new Map(override ? [["read", override]] : []) },
});

describe("what is believed about a tool", () => {
  const claim = { readOnlyHint: true };
  test.each<[string, TrustSource, unknown, boolean, boolean, string]>([
    ["nothing said", spec(false), undefined, false, false, "no"],
    ["nothing said by a trusted backend", spec(true), undefined, false, false, "no"],
    ["an untrusted claim", spec(false), claim, false, false, "claimed"],
    ["a trusted claim", spec(true), claim, true, true, "trusted"],
    ["a trusted claim of the wrong type", spec(true), { readOnlyHint: "true" }, false, false, "no"],
    ["trusted annotations that are no object", spec(true), [true], false, false, "no"],
    ["a trusted denial", spec(true), { readOnlyHint: false }, false, false, "no"],
    ["an override without a claim", spec(false, { readOnly: true }), undefined, true, true, "trusted"],
    ["an override against the denial", spec(true, { readOnly: true }), { readOnlyHint: false }, true, true, "trusted"],
    ["an override against a trusted claim", spec(true, { readOnly: false }), claim, false, false, "no"],
    ["an override against an untrusted claim", spec(false, { readOnly: false }), claim, false, false, "no"],
    ["an override about something else", spec(false, { timeoutMs: 5 }), claim, false, false, "claimed"],
    ["an untrusted idempotent claim", spec(false), { idempotentHint: true }, false, false, "no"],
    ["a trusted idempotent claim", spec(true), { idempotentHint: true }, false, true, "no"],
    ["an idempotent override", spec(false, { idempotent: true }), undefined, false, true, "no"],
    ["an idempotent override against a trusted claim", spec(true, { idempotent: false }), claim, true, false, "trusted"],
  ])("%s", (_what, source, annotations, readOnly, idempotent, known) => {
    const tool = descriptor(annotations);
    expect(isTrustedReadOnly(source, tool)).toBe(readOnly);
    expect(isTrustedIdempotent(source, tool)).toBe(idempotent);
    expect(knownReadOnly(source, tool)).toBe(known);
  });

  test("an override counts for the tool it names only", () => {
    const other = { ...descriptor(), ref: { backend: "fs", tool: "write" } };
    expect(isTrustedReadOnly(spec(false, { readOnly: true }), other)).toBe(false);
  });
});
