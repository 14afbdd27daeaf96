const LONGEST_ID = 1_024;

/** How a request is named on the wire. */
export type RequestId = string | number;

/**
 * Whether an id can be echoed exactly as it came: a safe integer, or a string of at most 1,024 characters without U+FFFD,
 * which stands for bytes that were no UTF-8.
 */
export const isRequestId = (id: unknown): id is RequestId =>
  typeof id === "string" ? id.length <= LONGEST_ID && !id.includes("\uFFFD") : Number.isSafeInteger(id) && !Object.is(id, -0);
