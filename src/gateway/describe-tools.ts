import { GatewayError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";
import type { Signal } from "../model/signal.ts";
import { formatToolRef, parseToolRef, type ToolRef } from "../model/tool.ts";
import { isTrustedReadOnly } from "../security/policy.ts";
import type { LearnTools } from "./learn-tools.ts";
import type { Router, ShownState } from "./router.ts";

export interface DescribedTool {
  readonly tool: string;
  /** Exactly as the backend sent it. */
  readonly definition: JsonObject;
  readonly readOnly: boolean;
  readonly state: ShownState;
}

export interface DescribeFailure {
  readonly tool: string;
  readonly error: GatewayError;
}

/** Both in the order in which they were asked for. */
export interface DescribeAnswer {
  readonly tools: readonly DescribedTool[];
  readonly errors: readonly DescribeFailure[];
}

/** Full definitions; a server whose tools are unknown is started for it. */
export async function describeTools(
  router: Router,
  learn: LearnTools,
  addresses: readonly string[],
  signal: Signal,
): Promise<DescribeAnswer> {
  const describe = async (address: string): Promise<DescribedTool | DescribeFailure> => {
    try {
      return await describeOne(router, learn, parseToolRef(address), signal);
    } catch (reason) {
      return { tool: address, error: GatewayError.from(reason, signal) };
    }
  };
  const described = await Promise.all(addresses.map(describe));
  return {
    tools: described.filter((one): one is DescribedTool => "definition" in one),
    errors: described.filter((one): one is DescribeFailure => "error" in one),
  };
}

async function describeOne(router: Router, learn: LearnTools, ref: ToolRef, signal: Signal): Promise<DescribedTool> {
  const { spec } = router.backend(ref.backend);
  if (!router.isAllowed(ref)) {
    const refusal = router.refusalOf(ref);
    if (refusal) throw refusal;
  }
  await learn.learnTool(ref, signal);
  const descriptor = router.descriptor(ref);
  if (!descriptor) throw router.noSuchTool(ref);
  return {
    tool: formatToolRef(ref),
    definition: descriptor.definition,
    readOnly: isTrustedReadOnly(spec, descriptor),
    state: router.stateOf(ref.backend),
  };
}
