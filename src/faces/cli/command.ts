import type { Caller } from "../../gateway/caller.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import type { Output } from "./print.ts";

/** What every command is given besides its own arguments. */
export interface CommandContext {
  readonly registry: string | undefined;
  readonly output: Output;
  readonly caller: Caller;
  /**
   * Opens the gateway; the command line closes it when the command has ended. Throws `needs_config` for an invalid registry
   * without a last good copy, unless told to go on even then.
   */
  readonly gateway: (evenIfInvalid?: boolean) => Promise<Gateway>;
}
