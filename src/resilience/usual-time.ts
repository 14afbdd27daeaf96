/** How many answers count. */
const KEPT = 31;

/** How long one backend's answers usually take: the median of the last 31, which a cold start or a straggler hardly moves. */
export class UsualTime {
  readonly #times: number[] = [];
  #next = 0;

  /** Tells how long a call took that was answered. */
  note(ms: number): void {
    this.#times[this.#next] = ms;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** In ms; 0 while no call has been answered. */
  get ms(): number {
    const sorted = [...this.#times].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }
}
