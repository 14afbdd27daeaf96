import type { Gateway } from "../../../gateway/gateway.ts";
import { INTEGER, type MetaTool, STRING } from "../define-meta-tool.ts";
import { readOptionalInteger, readOptionalString, readString } from "../read-args.ts";

const MOST_PAGES = 1_000_000;

export const readResult: MetaTool = {
  name: "read_result",
  description: "More of a cut result: page, pattern (plain text), select (JSON Pointer)",
  properties: { handle: STRING, page: INTEGER, pattern: STRING, select: STRING },
  required: ["handle"],
  hints: { readOnlyHint: true, openWorldHint: false },
  async run(args, gateway) {
    const handle = readString(args, "handle");
    const part = gateway.readResult(handle, {
      page: readOptionalInteger(args, "page", 1, MOST_PAGES),
      pattern: readOptionalString(args, "pattern"),
      select: readOptionalString(args, "select"),
    });
    return {
      content: [
        { type: "text", text: part.text },
        { type: "text", text: trailer(part) },
      ],
    };
  },
};

function trailer({ page, pages, places }: ReturnType<Gateway["readResult"]>): string {
  const found = places ? `${places.more ? "First " : ""}${places.count} places found. ` : "";
  return `[${found}Page ${page} of ${pages}]`;
}
