import { BYTES_PER_TOKEN } from "../model/units.ts";

/** How many tokens of tool definitions the host was shown, and how many it did not have to be. */
export interface TokensView {
  readonly exposed: number;
  readonly avoided: number;
}

/** Counts the text of tool definitions and finds that hosts were given. */
export class TokenFigures {
  #chars = 0;

  /** Notes that the host was given so many characters of JSON. */
  exposed(chars: number): void {
    this.#chars += chars;
  }

  /** Against a host that would have been given all of it at once. */
  view(offeredChars: number): TokensView {
    const tokens = (chars: number) => Math.ceil(chars / BYTES_PER_TOKEN);
    return { exposed: tokens(this.#chars), avoided: tokens(Math.max(0, offeredChars - this.#chars)) };
  }
}
