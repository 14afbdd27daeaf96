import type { JsonObject } from "../model/json.ts";
import { neutralise } from "../model/neutralise-text.ts";
import { formatToolRef, type ToolRef } from "../model/tool.ts";
import type { Confidence, FieldMatch, SearchHit } from "../search/searchable-tool.ts";
import { isTrustedReadOnly } from "../security/policy.ts";
import type { Router, ShownState } from "./router.ts";
import { compactSignature } from "./signature.ts";

const LONGEST_SUMMARY = 140;

/** One tool as `discover` shows it. */
export interface ToolCard {
  /** The address that `invoke` takes. */
  readonly tool: string;
  readonly summary: string;
  readonly signature: string;
  readonly readOnly: boolean;
  readonly state: ShownState;
  readonly confidence: Confidence;
  /** Other servers with the same tool, where there are any. */
  readonly alsoOn?: readonly string[];
  /** Which words of which fields were found; only with `explain`. */
  readonly matched?: readonly FieldMatch[];
}

/** Which tools `discover` shows, and how: nothing of a server that is switched off, nothing the registry does not allow. */
export class ShownTools {
  readonly #router: Router;

  constructor(router: Router) {
    this.#router = router;
  }

  /** Tells tools that are shown from all others. */
  filter(onlyReadOnly: boolean): (server: string, tool: string) => boolean {
    return (server, tool) => this.#isShown({ backend: server, tool }, onlyReadOnly);
  }

  /** The card of a hit; undefined if the tool has gone meanwhile. */
  card({ server, tool, confidence, alsoOn, matched }: SearchHit): ToolCard | undefined {
    const ref: ToolRef = { backend: server, tool };
    const descriptor = this.#router.descriptor(ref);
    const spec = this.#router.find(server)?.spec;
    if (!descriptor || !spec) return undefined;
    return {
      tool: neutralise(formatToolRef(ref), { multiline: false }),
      summary: summaryOf(descriptor.definition),
      signature: neutralise(compactSignature(descriptor.definition), { multiline: false }),
      readOnly: isTrustedReadOnly(spec, descriptor),
      state: this.#router.stateOf(server),
      confidence,
      ...(alsoOn.length > 0 && { alsoOn }),
      ...(matched && { matched }),
    };
  }

  #isShown(ref: ToolRef, onlyReadOnly: boolean): boolean {
    const spec = this.#router.find(ref.backend)?.spec;
    if (!spec?.enabled || !this.#router.isAllowed(ref)) return false;
    if (!onlyReadOnly) return true; // that it is there the index knows, without its definition being read
    const descriptor = this.#router.descriptor(ref);
    return descriptor !== undefined && isTrustedReadOnly(spec, descriptor);
  }
}

/** The first sentence of the description, neutralised and cut to one short line. */
function summaryOf(definition: JsonObject): string {
  const text = [definition["description"], definition["title"]].find((value) => typeof value === "string" && value.trim() !== "");
  const line = String(text ?? "")
    .trim()
    .split(/\n|(?<=[.!?])\s/, 1)[0];
  const clean = neutralise((line ?? "").replace(/\s+/g, " "), { multiline: false });
  return clean.length > LONGEST_SUMMARY ? `${clean.slice(0, LONGEST_SUMMARY - 1).trimEnd()}…` : clean;
}
