import type { Gateway } from "../../gateway/gateway.ts";
import { systemClock } from "../../time/clock.ts";
import type { ServeRequest } from "../serve-request.ts";
import { version } from "../version.ts";
import { createServer } from "./create-server.ts";
import { serveMcp } from "./serve-mcp.ts";

/** How long calls in flight may take once the host leaves. */
const DRAIN_MS = 5_000;
const EXIT_CONFIG_INVALID = 3;

/** Serves the host on stdin and stdout until it leaves; resolves with the exit code once everything is flushed. */
export async function runServe(request: ServeRequest): Promise<number> {
  if (request.strict) {
    const { checkRegistry } = await import("../../gateway/open-gateway.ts");
    const { file, problems } = await checkRegistry(request.registry);
    if (problems.some(({ severity }) => severity === "error")) {
      const { printProblems } = await import("../cli/print.ts");
      printProblems(process.stderr, problems, file);
      return EXIT_CONFIG_INVALID;
    }
  }
  const gateway = lazyGateway(request.registry);
  return await serveMcp({
    createServer: (era, link) => createServer({ version, gateway: gateway.open, ready: gateway.warmUp, link }, era),
    input: process.stdin,
    output: process.stdout,
    clock: systemClock,
    drainMs: DRAIN_MS,
    drain: gateway.close,
    onProblem: () => undefined,
  });
}

/** The gateway, loaded after the host has its first answer, or by the first call if that is sooner. */
function lazyGateway(registry: string | undefined) {
  let opening: Promise<Gateway> | undefined;
  const open = (): Promise<Gateway> => {
    opening ??= import("../../gateway/open-gateway.ts").then(async ({ openGateway }) => {
      const gateway = await openGateway({ registry, version });
      gateway.inherit();
      return gateway;
    });
    return opening;
  };
  const warmUp = (): void => {
    setImmediate(() => {
      // a gateway that cannot open tells the first call so
      open().then(
        (gateway) => gateway.warmUp(),
        () => undefined,
      );
    });
  };
  const close = async (): Promise<void> => {
    const gateway = await opening?.catch(() => undefined);
    await gateway?.[Symbol.asyncDispose]();
  };
  return { open, warmUp, close };
}
