/** Hears of an abort; an object is told by its method, as an EventTarget does, which spares a closure for each. */
export type AbortListener = (() => void) | { handleEvent(): void };

/**
 * Tells a piece of work that it is no longer wanted. Every AbortSignal is one; our own (`time/linked-signal.ts`) are a tenth of
 * its cost, which counts where each call has several.
 */
export interface Signal {
  readonly aborted: boolean;
  /** Why it aborted; undefined before. */
  // biome-ignore lint/suspicious/noExplicitAny: the type AbortSignal gives it, whose users throw it on
  readonly reason: any;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: AbortListener, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: AbortListener): void;
}
