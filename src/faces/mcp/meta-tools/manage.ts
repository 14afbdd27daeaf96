import { serverText } from "../../status-text.ts";
import { answer, type MetaTool, STRING } from "../define-meta-tool.ts";
import { readChoice, readString } from "../read-args.ts";

const ACTIONS = ["start", "stop", "restart", "refresh", "reset", "flush"] as const;

export const manage: MetaTool = {
  name: "manage",
  description: "Start, stop or restart a server, refresh its tools, reset failures, flush its cache",
  properties: { action: { ...STRING, enum: ACTIONS }, server: STRING },
  required: ["action", "server"],
  hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  async run(args, gateway, caller) {
    const found = await gateway.manage(readChoice(args, "action", ACTIONS), readString(args, "server"), caller);
    return answer(serverText(found), found);
  },
};
