import { createHash } from "node:crypto";
import type { ToolDescriptor } from "../model/tool.ts";
import type { BackendListing } from "./catalog.ts";

/** A digest of all tools of a listing, in their order. */
export function digestTools(tools: readonly ToolDescriptor[]): string {
  const digests = tools.map(({ digest }) => digest).join(" ");
  return createHash("sha256").update(digests).digest("base64url");
}

/** The same of a listing, whose tools need not be read where it is known. */
export const toolsDigestOf = (listing: BackendListing): string => listing.toolsDigest ?? digestTools(listing.tools);
