import { ROLES } from "./cast.ts";

/** What a host may call on a ledger backend. `read` is vouched for as read-only; the others must never run twice. */
export const TOOLS = ["append", "read", "slow"] as const;
export type Tool = (typeof TOOLS)[number];

/** What became of one request, as its host saw it. */
const FATES = ["pending", "ok", "failed", "cancelled"] as const;
export type Fate = (typeof FATES)[number];

const CLAIMS = ["none", "not_executed", "unknown", "executed"] as const;
/** What a failure said about whether the call ran. */
export type Claim = (typeof CLAIMS)[number];

export interface Violation {
  readonly rule: string;
  readonly nonce: number;
  readonly detail: string;
}

const MOST_KEPT = 100;

/** Everything known about every call of a run, a few bytes each, and the rules that were broken. */
export class Journal {
  readonly violations: Violation[] = [];
  readonly answers: Uint8Array;
  readonly executions: Uint8Array;
  readonly #backends: Uint8Array;
  readonly #tools: Uint8Array;
  readonly #fates: Uint8Array;
  readonly #claims: Uint8Array;
  /** The second requests under an idempotency key, and the call they repeat. */
  readonly #repeats = new Map<number, number>();
  readonly #codes = new Map<number, string>();
  #violationCount = 0;
  #opened = 0;

  constructor(capacity: number) {
    this.answers = new Uint8Array(capacity);
    this.executions = new Uint8Array(capacity);
    this.#backends = new Uint8Array(capacity);
    this.#tools = new Uint8Array(capacity);
    this.#fates = new Uint8Array(capacity);
    this.#claims = new Uint8Array(capacity);
  }

  /** Calls opened so far; their nonces are all below. */
  get opened(): number {
    return this.#opened;
  }

  get violationCount(): number {
    return this.#violationCount;
  }

  /** Opens the next call and gives back its nonce, which is also its request id. */
  open(role: number, tool: Tool): number {
    const nonce = this.#opened;
    this.#opened += 1;
    this.#backends[nonce] = role;
    this.#tools[nonce] = TOOLS.indexOf(tool);
    return nonce;
  }

  /** Opens a second request for a call that has one. */
  openRepeat(of: number): number {
    const nonce = this.open(this.#backends[of] ?? 0, this.toolOf(of));
    this.#repeats.set(nonce, of);
    return nonce;
  }

  /** The nonce that stands in the arguments of a request: its own, or that of the call it repeats. */
  nonceOf(request: number): number {
    return this.#repeats.get(request) ?? request;
  }

  isRepeated(nonce: number): boolean {
    return this.#repeats.has(nonce + 1);
  }

  roleOf(nonce: number): number {
    return this.#backends[nonce] ?? 0;
  }

  backendOf(nonce: number): string {
    return ROLES[this.roleOf(nonce)]?.name ?? "?";
  }

  toolOf(nonce: number): Tool {
    return TOOLS[this.#tools[nonce] ?? 0] ?? "append";
  }

  fateOf(nonce: number): Fate {
    return FATES[this.#fates[nonce] ?? 0] ?? "pending";
  }

  claimOf(nonce: number): Claim {
    return CLAIMS[this.#claims[nonce] ?? 0] ?? "none";
  }

  /** The error code a call failed with. */
  codeOf(nonce: number): string {
    return this.#codes.get(nonce) ?? "no code";
  }

  end(nonce: number, fate: Fate, claim: Claim = "none", code?: string): void {
    if (code !== undefined) this.#codes.set(nonce, code);
    this.#fates[nonce] = FATES.indexOf(fate);
    this.#claims[nonce] = CLAIMS.indexOf(claim);
  }

  break(rule: string, nonce: number, detail: string): void {
    this.#violationCount += 1;
    if (this.violations.length < MOST_KEPT) this.violations.push({ rule, nonce, detail });
  }
}
