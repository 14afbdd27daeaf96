import type { Gateway } from "../../gateway/gateway.ts";
import { HostSide } from "../../gateway/host-side.ts";
import { shuttingDown } from "../../gateway/intake.ts";
import { systemClock } from "../../time/clock.ts";
import type { ServeRequest } from "../serve-request.ts";
import { version } from "../version.ts";
import { openFace } from "./open-face.ts";
import { serveMcp } from "./serve-mcp.ts";
import { standardInput } from "./standard-input.ts";
import { definitions } from "./tool-bench.ts";

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
  const host = new HostSide();
  const gateway = lazyGateway(request, host);
  const holding = new AbortController();
  return await serveMcp({
    openFace: (link) =>
      openFace({
        link,
        host,
        gateway: gateway.open,
        opened: gateway.opened,
        ready: gateway.warmUp,
        ended: holding.signal,
      }),
    input: standardInput(),
    output: process.stdout,
    clock: systemClock,
    drainMs: DRAIN_MS,
    refuseNewCalls: gateway.refuseNewCalls,
    drain: async () => {
      holding.abort();
      await gateway.close();
    },
    onProblem: () => undefined,
  });
}

/** The gateway, loaded after the host has its first answer, or by the first call if that is sooner. */
function lazyGateway(request: ServeRequest, host: HostSide) {
  let opening: Promise<Gateway> | undefined;
  let opened: Gateway | undefined;
  let ops: Promise<AsyncDisposable | undefined> | undefined;
  let refusing = false;
  const open = (): Promise<Gateway> => {
    if (refusing && !opening) return Promise.reject(shuttingDown());
    opening ??= import("../../gateway/open-gateway.ts").then(async ({ openGateway }) => {
      const gateway = await openGateway({ registry: request.registry, version, host });
      gateway.inherit();
      gateway.ops.tellShown(JSON.stringify(definitions).length); // the text of our own that every host is given
      opened = gateway;
      ops = import("../ops/open-ops.ts").then(({ openOps }) => openOps(gateway, request));
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
  const refuseNewCalls = (): void => {
    refusing = true;
    opening?.then(
      (gateway) => gateway.refuseNewCalls(),
      () => undefined,
    );
  };
  const close = async (): Promise<void> => {
    const gateway = await opening?.catch(() => undefined);
    await (await ops)?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
  };
  return { open, opened: () => opened, warmUp, refuseNewCalls, close };
}
