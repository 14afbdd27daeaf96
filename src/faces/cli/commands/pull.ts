import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";

/** Fetches the image of a server's container, so that the first call does not have to fail for want of it. */
export async function pull({ gateway, output, caller }: CommandContext, server: string): Promise<number> {
  const onProgress = ({ message }: { readonly message?: string | undefined }): void => {
    if (message !== undefined) output.err.write(`${message}\n`);
  };
  await (await gateway()).prepare(server, { ...caller, onProgress });
  return EXIT.ok;
}
