import { overviewText, serverText } from "../../status-text.ts";
import { answer, type MetaTool, STRING } from "../define-meta-tool.ts";
import { readOptionalString } from "../read-args.ts";

export const status: MetaTool = {
  name: "status",
  description: "Health of the gateway, or of one server with its log",
  properties: { server: STRING },
  required: [],
  hints: { readOnlyHint: true, openWorldHint: false },
  async run(args, gateway) {
    const server = readOptionalString(args, "server");
    if (server !== undefined) {
      const found = await gateway.serverStatus(server);
      return answer(serverText(found), found);
    }
    const overview = await gateway.status();
    return answer(overviewText(overview), overview);
  },
};
