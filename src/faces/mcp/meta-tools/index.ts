import type { MetaTool } from "../define-meta-tool.ts";
import { describe } from "./describe.ts";
import { discover } from "./discover.ts";
import { invoke } from "./invoke.ts";
import { invokeMany } from "./invoke-many.ts";
import { invokeReadonly } from "./invoke-readonly.ts";
import { listServers } from "./list-servers.ts";
import { manage } from "./manage.ts";
import { prompts } from "./prompts.ts";
import { readResult } from "./read-result.ts";
import { resources } from "./resources.ts";
import { status } from "./status.ts";

/** The whole surface a model sees, in the order it is listed; static, so that prompt caches hold. */
export const metaTools: readonly MetaTool[] = [
  discover,
  describe,
  invoke,
  invokeReadonly,
  invokeMany,
  readResult,
  listServers,
  resources,
  prompts,
  status,
  manage,
];
