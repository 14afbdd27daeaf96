import { Writable } from "node:stream";
import type { CommandContext } from "../../../../src/faces/cli/command.ts";
import type { Output } from "../../../../src/faces/cli/print.ts";
import { caller, type House } from "../../../support/open-house.ts";

/** An output that a test can read. */
export function capture(over: Partial<Pick<Output, "json" | "color">> = {}): {
  readonly output: Output;
  readonly written: { out: string; err: string };
} {
  const written = { out: "", err: "" };
  const into = (name: keyof typeof written) =>
    new Writable({
      write(chunk, _encoding, done) {
        written[name] += String(chunk);
        done();
      },
    });
  return { written, output: { out: into("out"), err: into("err"), json: false, color: false, ...over } };
}

/** Runs one command on a house and tells what it printed and returned. */
export async function runIn(
  house: House,
  command: (context: CommandContext) => Promise<number>,
  over: Parameters<typeof capture>[0] = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const { output, written } = capture(over);
  const code = await command({ registry: undefined, output, caller: caller(), gateway: async () => house.gateway });
  return { code, ...written };
}
