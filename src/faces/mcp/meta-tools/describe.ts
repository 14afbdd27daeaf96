import { answer, type MetaTool, STRINGS } from "../define-meta-tool.ts";
import { failureFacts } from "../failure-to-result.ts";
import { readStrings } from "../read-args.ts";

const MOST_TOOLS = 20;

export const describe: MetaTool = {
  name: "describe",
  description: "Full definitions of tools; call it before invoke where arguments are unclear",
  properties: { tools: { ...STRINGS, description: '"server/tool"' } },
  required: ["tools"],
  hints: { readOnlyHint: true, openWorldHint: false },
  async run(args, gateway, caller) {
    const { tools, errors } = await gateway.describe(
      readStrings(args, "tools", MOST_TOOLS, args["tools"] ?? args["tool"]),
      caller,
    );
    const data = {
      tools,
      ...(errors.length > 0 && { errors: errors.map(({ tool, error }) => ({ tool, ...failureFacts(error) })) }),
    };
    return { ...answer(JSON.stringify(data), data), ...(tools.length === 0 && { isError: true }) };
  },
};
