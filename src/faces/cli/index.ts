import { Command, CommanderError } from "commander";
import { version } from "../version.ts";
import type { CommandContext } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { finishOutput } from "./print.ts";
import { type GlobalOptions, runCommand } from "./run-command.ts";

/** Runs one command of the command line and gives back its exit code; `serve` is `main.ts`'s own business. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const program = new Command("sallyport")
    .description("One door to every MCP server. With a pipe on stdin it serves MCP; the commands below are for people.")
    .version(version)
    .option(
      "--registry <file>",
      "registry file (default: SALLYPORT_REGISTRY, then sallyport/registry.json in your configuration folder)",
    )
    .option("--json", "print one JSON object")
    .option("--no-color", "print without colour (also NO_COLOR)")
    .exitOverride();
  let code: number = EXIT.ok;
  const run = async (command: (context: CommandContext) => Promise<number>): Promise<void> => {
    code = await runCommand(program.opts<GlobalOptions>(), command);
  };
  addCommands(program, run);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined); // a reader may have enough, as head has
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  } finally {
    await Promise.all([finishOutput(process.stdout), finishOutput(process.stderr)]);
  }
}

/** Each command is loaded when it is run. */
function addCommands(program: Command, run: (command: (context: CommandContext) => Promise<number>) => Promise<void>): void {
  program
    .command("serve")
    .description("serve MCP on stdin and stdout (what a host runs)")
    .option("--strict", "refuse an invalid registry");
  program
    .command("validate")
    .description("check the registry without starting anything")
    .action(async () => await run((await import("./commands/validate.ts")).validate));
  program
    .command("list")
    .description("list the servers of the registry")
    .action(async () => await run((await import("./commands/list.ts")).list));
  program
    .command("search <words...>")
    .description("find tools by what they do")
    .option("--server <server>", "only tools of this server")
    .action(async (words: string[], { server }: { server?: string }) => {
      const { search } = await import("./commands/search.ts");
      await run((context) => search(context, words, server));
    });
  program
    .command("info <name>")
    .description("show a server, or a tool written server/tool")
    .action(async (name: string) => {
      const { info } = await import("./commands/info.ts");
      await run((context) => info(context, name));
    });
  program
    .command("call <tool> [pairs...]")
    .description("call a tool: server/tool key=value …")
    .option("--args <json>", "arguments as a JSON object")
    .action(async (tool: string, pairs: string[], { args }: { args?: string }) => {
      const { call } = await import("./commands/call.ts");
      await run((context) => call(context, tool, pairs, args));
    });
  program
    .command("pull <server>")
    .description("fetch the image of a server's container")
    .action(async (server: string) => {
      const { pull } = await import("./commands/pull.ts");
      await run((context) => pull(context, server));
    });
  program
    .command("gc")
    .description("remove containers that gateways have left behind")
    .option("--dry-run", "only say which")
    .action(async ({ dryRun }: { dryRun?: boolean }) => {
      const { gc } = await import("./commands/gc.ts");
      await run((context) => gc(context, dryRun === true));
    });
  program
    .command("status")
    .description("show the registry and what is known of its servers")
    .action(async () => await run((await import("./commands/status.ts")).status));
}
