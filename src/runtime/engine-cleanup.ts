import { GatewayError } from "../model/errors.ts";

/** Cleans up after a failure and throws that failure; if the cleanup fails as well, both are in its cause. */
export async function throwAfter(cleanup: () => Promise<void>, failure: unknown): Promise<never> {
  try {
    await cleanup();
  } catch (second) {
    const { code, message, hint } = GatewayError.from(failure);
    throw new GatewayError(code, message, { hint, cause: new AggregateError([failure, second], "Start and cleanup failed") });
  }
  throw failure;
}
