import { createHash } from "node:crypto";
import { type BackendListing, emptyListing } from "../catalog/catalog.ts";
import { parseListing, printListing } from "../catalog/catalog-snapshot.ts";
import { readToolsText, toolsInText } from "../catalog/tools-file.ts";
import type { BackendSpec } from "../model/backend-spec.ts";
import type { StateStore } from "../model/ports.ts";
import { judgeTools } from "./judge-tools.ts";

/** The name under which a StateStore keeps what a backend's tools file was found to hold. */
export const toolsFileName = (backend: string): string => `tools-file/${backend}`;

/**
 * The listing that an entry's tools file gives. A text that an earlier process judged is not judged again: checking and digesting
 * every tool of hundreds of files takes seconds, and most of them are not asked about.
 */
export async function recallToolsFile(spec: BackendSpec, path: string, store: StateStore): Promise<BackendListing> {
  const text = await readToolsText(path);
  const digest = createHash("sha256").update(text).digest("base64url");
  const kept = parseListing((await store.read(toolsFileName(spec.id))) ?? "", spec.id, digest);
  if (kept && !kept.stale) return asToolsFile(kept, spec);
  const judged = { ...emptyListing(digest), ...judgeTools(spec.id, toolsInText(path, text)) };
  await store.write(toolsFileName(spec.id), printListing(spec.id, judged)).catch(() => {}); // what cannot be kept is judged again
  return asToolsFile(judged, spec);
}

/** What was kept under the digest of the text, as seen under today's entry; its tools stay unread. */
const asToolsFile = (listing: BackendListing, spec: BackendSpec): BackendListing => ({
  ...emptyListing(spec.digest),
  get tools() {
    return listing.tools;
  },
  ...(listing.toolsDigest !== undefined && { toolsDigest: listing.toolsDigest }),
  quarantined: listing.quarantined,
  source: "toolsFile",
});
