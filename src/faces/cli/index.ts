import { Command, CommanderError, InvalidArgumentError } from "commander";
import { readPort } from "../serve-request.ts";
import { version } from "../version.ts";
import type { CommandContext } from "./command.ts";
import type { WriteOptions as ExamplesOptions } from "./commands/examples.ts";
import type { SearchOptions } from "./commands/search.ts";
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

function portOf(text: string): number {
  const port = readPort(text);
  if (port === undefined) throw new InvalidArgumentError("Expected a port from 0 to 65535.");
  return port;
}

function countOf(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError("Expected a whole number from 1 to 99999.");
  return Number(text);
}

/** Each command is loaded when it is run. */
function addCommands(program: Command, run: (command: (context: CommandContext) => Promise<number>) => Promise<void>): void {
  program
    .command("serve")
    .description("serve MCP on stdin and stdout (what a host runs)")
    .option("--strict", "refuse an invalid registry")
    .option("--metrics-port <port>", "show the figures at http://127.0.0.1:<port>/metrics; 0 for a free port", portOf)
    .option("--metrics-socket [path]", "show the figures on a Unix socket")
    .action((_options, command: Command) => command.error("error: serve takes none of the options of the other commands"));
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
    .option("--explain", "say why each tool was found")
    .option("--cursor <cursor>", "go on from where an earlier answer to the same words ended")
    .action(async (words: string[], options: SearchOptions) => {
      const { search } = await import("./commands/search.ts");
      await run((context) => search(context, words, options));
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
    .command("examples")
    .description("what people say when they want a tool, kept in the registry for discover")
    .command("write [server]")
    .description("have a model write examples for the tools that have none, and show them")
    .option("--url <address>", "an OpenAI-compatible endpoint (default: search.chat in the registry)")
    .option("--model <name>", "the model to ask")
    .option("--limit <tools>", "the most tools to ask about", countOf, 100)
    .option("--write", "add them to the registry")
    .action(async (server: string | undefined, options: ExamplesOptions) => {
      const { writeExamples } = await import("./commands/examples.ts");
      await run((context) => writeExamples(context, { ...options, server }));
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
    .command("status [server]")
    .description("show the registry, what is known of its servers, and gateways in use that show their figures on a socket")
    .action(async (server?: string) => {
      const { status } = await import("./commands/status.ts");
      await run((context) => status(context, server));
    });
}
