import type { Caller } from "../../gateway/caller.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { Output } from "./print.ts";

/** What every command is given besides its own arguments. */
export interface CommandContext {
  readonly registry: string | undefined;
  readonly output: Output;
  readonly caller: Caller;
  /** Opens the gateway; the command line closes it when the command has ended. */
  readonly gateway: () => Promise<Gateway>;
}
