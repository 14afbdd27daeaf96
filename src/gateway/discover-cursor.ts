import { createHash } from "node:crypto";
import { GatewayError } from "../model/errors.ts";

/** What a page belongs to: a cursor of one question is no cursor of another. */
export interface CursorScope {
  readonly needs: readonly string[];
  readonly server?: string | undefined;
  readonly readonly?: boolean | undefined;
}

/** Farther than any list of hits goes. */
const FARTHEST = 10_000;
const CURSOR = /^(\d{1,5})(m?)\.([\w-]{8})$/;

/** Where a page begins, and whether those before it were ranked by meaning too: one that was not goes on without. */
export interface CursorPlace {
  readonly offset: number;
  readonly byMeaning: boolean;
}

/** Names the place where the next page of a question begins; nothing about it is kept. */
export const writeCursor = ({ offset, byMeaning }: CursorPlace, scope: CursorScope): string =>
  Buffer.from(`${offset}${byMeaning ? "m" : ""}.${digestOf(scope)}`).toString("base64url");

/** The place a cursor names; throws `invalid_argument` for a text that is none, or one of another question. */
export function readCursor(cursor: string, scope: CursorScope): CursorPlace {
  const [, offset, meaning, digest] = CURSOR.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  if (offset === undefined || Number(offset) > FARTHEST) throw refusal(cursor, "the nextCursor of an earlier answer");
  if (digest !== digestOf(scope)) throw refusal(cursor, "the nextCursor of this very question", "one of another");
  return { offset: Number(offset), byMeaning: meaning !== "" };
}

function digestOf({ needs, server, readonly = false }: CursorScope): string {
  const text = JSON.stringify([needs, server ?? null, readonly]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 8);
}

function refusal(cursor: string, expected: string, found = JSON.stringify(cursor.slice(0, 80))): GatewayError {
  return new GatewayError("invalid_argument", `cursor: expected ${expected}, found ${found}`, {
    hint: "Repeat needs, server and readonly as they were, with the cursor as it was given, or ask again without one",
  });
}
