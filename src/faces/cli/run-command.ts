import type { Gateway } from "../../gateway/gateway.ts";
import type { RegistryView } from "../../gateway/views.ts";
import { GatewayError } from "../../model/errors.ts";
import { version } from "../version.ts";
import type { CommandContext } from "./command.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { type Output, printFailure, printJson, printProblems, wantsColor } from "./print.ts";

export interface GlobalOptions {
  readonly registry?: string;
  readonly json?: boolean;
  readonly color: boolean;
}

/** Runs one command with what it needs, prints its failure, closes what it opened, and gives back the exit code. */
export async function runCommand(options: GlobalOptions, command: (context: CommandContext) => Promise<number>): Promise<number> {
  const output: Output = {
    out: process.stdout,
    err: process.stderr,
    json: options.json === true,
    color: options.color && wantsColor(process.env, process.stdout.isTTY === true),
  };
  const interrupted = new AbortController();
  const onInterrupt = () => interrupted.abort(new GatewayError("cancelled", "Interrupted"));
  process.once("SIGINT", onInterrupt);
  let opening: Promise<Gateway> | undefined;
  const gateway = async (evenIfInvalid = false): Promise<Gateway> => {
    opening ??= openQuietly(options.registry, output);
    const opened = await opening;
    if (!evenIfInvalid) assertReadable(opened.registry);
    return opened;
  };
  try {
    return await command({ registry: options.registry, output, caller: { signal: interrupted.signal }, gateway });
  } catch (reason) {
    const error = GatewayError.from(reason, interrupted.signal);
    if (output.json) printJson(output, { error: { code: error.code, message: error.message, hint: error.hint } });
    printFailure(output, error);
    return exitCodeOf(error.code);
  } finally {
    process.off("SIGINT", onInterrupt);
    await (await opening?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}

/** Opens the gateway without its log, which is for machines; a registry that is not the newest one is told in words. */
async function openQuietly(registry: string | undefined, output: Output): Promise<Gateway> {
  const { openGateway } = await import("../../gateway/open-gateway.ts");
  const gateway = await openGateway({ registry, version, env: { SALLYPORT_LOG: "silent", ...process.env } });
  const { state, errors, file } = gateway.registry;
  if (state === "fallback") {
    printProblems(output.err, errors, file);
    output.err.write("The registry is invalid: its last good copy is used\n");
  }
  return gateway;
}

/** A command about servers has nothing to say where the file could not be read. */
function assertReadable({ state, errors, file }: RegistryView): void {
  const [first] = errors;
  if (state !== "invalid" || first === undefined) return;
  throw new GatewayError("needs_config", `The registry is invalid: ${file}:${first.line}:${first.column} ${first.message}`, {
    hint: first.hint ?? "Run sallyport validate to see every problem",
  });
}
