import type { Draft, DraftRequest } from "../../../gateway/examples/example-writer.ts";
import { GatewayError } from "../../../model/errors.ts";
import { neutralise } from "../../../model/neutralise-text.ts";
import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { bold, type Output, printJson, printLine } from "../print.ts";

export interface WriteOptions extends DraftRequest {
  /** Add them to the registry, and do not only show them. */
  readonly write?: boolean;
}

/** Has a model write examples for the tools that have none, shows them, and with `write` adds them to the registry. */
export async function writeExamples(context: CommandContext, options: WriteOptions): Promise<number> {
  const { output, caller } = context;
  const gateway = await context.gateway();
  const { file } = gateway.registry;
  const wanting = await gateway.examples.wanting(options.server, caller.signal);
  const drafts: Draft[] = [];
  let failure: GatewayError | undefined;
  try {
    for await (const draft of gateway.examples.draft(wanting, options, caller.signal)) {
      drafts.push(draft);
      if (!output.json) printDraft(output, draft);
    }
  } catch (reason) {
    failure = GatewayError.from(reason, caller.signal); // what has come by then is worth keeping
  }
  const good = drafts.filter((draft) => "examples" in draft);
  const edit = options.write && file !== undefined && good.length > 0 ? await gateway.examples.keep(file, good) : undefined;
  const left = Math.max(0, wanting.length - drafts.length);
  if (output.json && !failure)
    printJson(output, { file, written: edit?.added.length ?? 0, drafts, skipped: edit?.skipped ?? [], left });
  for (const { server, tool, reason } of edit?.skipped ?? [])
    output.err.write(`${printed(`${server}/${tool}`)} is left as it is: ${reason}\n`);
  if (edit) output.err.write(`Examples of ${edit.added.length} tools were added to ${file}\n`);
  else if (good.length > 0) output.err.write("Nothing was written: add --write to put such examples into the registry\n");
  if (failure) throw failure;
  if (wanting.length === 0) output.err.write("Every tool that is known has examples\n");
  else if (left > 0) output.err.write(`${left} more tools have none: run it again, or with a higher --limit\n`);
  return EXIT.ok;
}

function printDraft(output: Output, draft: Draft): void {
  const name = printed(`${draft.server}/${draft.tool}`);
  if ("problem" in draft) {
    output.err.write(`${name}: ${draft.problem}\n`);
    return;
  }
  printLine(output, bold(output, name));
  for (const example of draft.examples) printLine(output, `    ${example}`);
}

const printed = (text: string): string => neutralise(text, { multiline: false });
