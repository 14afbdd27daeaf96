import { GatewayError } from "../model/errors.ts";
import type { Clock } from "../time/clock.ts";
import type { Outcome } from "./outcome.ts";
import { OutlierRecord } from "./outlier-record.ts";

/** Sessions whose endpoint is remembered; the one longest unused is forgotten first. */
const MAX_SESSIONS = 1_024;

/** One attempt's endpoint. Whoever picked it settles it, whatever comes of the attempt; only the first time counts. */
export interface PickedEndpoint<Endpoint = string> {
  readonly endpoint: Endpoint;
  settle(outcome: Outcome): void;
}

interface Candidate<Endpoint> {
  readonly endpoint: Endpoint;
  readonly record: OutlierRecord;
  outstanding: number;
  pickedAt: number;
  removed: boolean;
}

/** What is known of one endpoint. */
export interface EndpointFacts<Endpoint = string> {
  readonly endpoint: Endpoint;
  readonly outstanding: number;
  readonly ejected: boolean;
  /** Whether its last attempt that counts failed. */
  readonly failing: boolean;
}

export interface EndpointPickerDeps<Endpoint = string> {
  readonly backend: string;
  readonly clock: Clock;
  /** Hears of a removed endpoint when its last call has ended, at once if it had none; must not throw. */
  readonly onDrained: (endpoint: Endpoint) => void;
}

/**
 * Spreads the calls of one backend over its endpoints: the one with the fewest calls under way, in turns among equals. One that
 * fails 5 times in a row is ejected for 30 s, twice that the second time and so on, but never more than half of them (Envoy's
 * outlier detection).
 */
export class EndpointPicker<Endpoint = string> {
  readonly #deps: EndpointPickerDeps<Endpoint>;
  readonly #sessions = new Map<string, Candidate<Endpoint>>();
  #candidates: readonly Candidate<Endpoint>[] = [];
  #picks = 0;

  constructor(endpoints: readonly Endpoint[], deps: EndpointPickerDeps<Endpoint>) {
    this.#deps = deps;
    this.replace(endpoints);
  }

  /** The endpoints it picks from, with what is known of each. */
  get endpoints(): readonly EndpointFacts<Endpoint>[] {
    return this.#candidates.map(({ endpoint, outstanding, record: { ejected, failing } }) => ({
      endpoint,
      outstanding,
      ejected,
      failing,
    }));
  }

  /**
   * Picks an endpoint, one of `among` if that is given; the same one for the same session for as long as it is there and not
   * ejected.
   */
  pick(session?: string, among?: ReadonlySet<Endpoint>): PickedEndpoint<Endpoint> {
    const choice = among ? this.#candidates.filter(({ endpoint }) => among.has(endpoint)) : this.#candidates;
    const candidate = this.#ofSession(session, choice) ?? this.#leastBusy(choice);
    if (session !== undefined) this.#bind(session, candidate);
    candidate.outstanding += 1;
    this.#picks += 1;
    candidate.pickedAt = this.#picks;
    const term = candidate.record.term;
    let settled = false;
    const settle = (outcome: Outcome): void => {
      if (settled) return;
      settled = true;
      this.#settle(candidate, term, outcome);
    };
    return { endpoint: candidate.endpoint, settle };
  }

  /** Ends a session's tie to its endpoint. */
  forget(session: string): void {
    this.#sessions.delete(session);
  }

  /** Takes a new list; endpoints that stay keep what is known of them, removed ones finish what they have. */
  replace(endpoints: readonly Endpoint[]): void {
    const known = new Map(this.#candidates.map((candidate) => [candidate.endpoint, candidate]));
    this.#candidates = [...new Set(endpoints)].map((endpoint) => known.get(endpoint) ?? this.#newCandidate(endpoint));
    for (const candidate of known.values()) if (!this.#candidates.includes(candidate)) this.#remove(candidate);
  }

  #ofSession(session: string | undefined, choice: readonly Candidate<Endpoint>[]): Candidate<Endpoint> | undefined {
    const candidate = session === undefined ? undefined : this.#sessions.get(session);
    return candidate === undefined || candidate.record.ejected || !choice.includes(candidate) ? undefined : candidate;
  }

  #leastBusy(choice: readonly Candidate<Endpoint>[]): Candidate<Endpoint> {
    const serving = choice.filter(({ record }) => !record.ejected);
    const open = serving.length > 0 ? serving : choice; // only ejected ones may be left
    const best = open.reduce<Candidate<Endpoint> | undefined>((a, b) => (a === undefined || isBefore(b, a) ? b : a), undefined);
    if (best) return best;
    const { backend } = this.#deps;
    throw new GatewayError("unavailable", `Cannot call "${backend}": it has no endpoint`, { backend, outcome: "not_executed" });
  }

  #bind(session: string, candidate: Candidate<Endpoint>): void {
    this.#sessions.delete(session); // and to the end of the line
    this.#sessions.set(session, candidate);
    if (this.#sessions.size <= MAX_SESSIONS) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }

  #settle(candidate: Candidate<Endpoint>, term: number, outcome: Outcome): void {
    candidate.outstanding -= 1;
    if (candidate.removed) {
      if (candidate.outstanding === 0) this.#deps.onDrained(candidate.endpoint);
      return;
    }
    if (candidate.record.note(outcome, term) && this.#mayEject()) candidate.record.eject();
  }

  #mayEject(): boolean {
    const ejected = this.#candidates.filter(({ record }) => record.ejected).length;
    return ejected + 1 <= this.#candidates.length / 2;
  }

  #remove(candidate: Candidate<Endpoint>): void {
    candidate.removed = true;
    if (candidate.outstanding === 0) this.#deps.onDrained(candidate.endpoint);
  }

  #newCandidate(endpoint: Endpoint): Candidate<Endpoint> {
    return { endpoint, record: new OutlierRecord(this.#deps.clock), outstanding: 0, pickedAt: 0, removed: false };
  }
}

type Load = Pick<Candidate<unknown>, "outstanding" | "pickedAt">;

const isBefore = (a: Load, b: Load): boolean =>
  a.outstanding === b.outstanding ? a.pickedAt < b.pickedAt : a.outstanding < b.outstanding;
