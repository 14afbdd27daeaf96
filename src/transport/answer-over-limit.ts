import { GatewayError } from "../model/errors.ts";

/** An answer that is more than we read: nothing is wrong with who sent it, but its caller cannot have it. */
export const answerOverLimit = (detail: string, backend?: string): GatewayError =>
  new GatewayError(
    "answer_over_limit",
    `Cannot take the answer of ${backend === undefined ? "the server" : `"${backend}"`}: ${detail}`,
    {
      backend,
      hint: "Ask for less at once: narrow the arguments, or a page of it if the tool has pages",
    },
  );
