import { GatewayError } from "../model/errors.ts";
import type { Clock } from "../time/clock.ts";
import type { Outcome } from "./outcome.ts";
import { OutlierRecord } from "./outlier-record.ts";

/** Sessions whose endpoint is remembered; the one longest unused is forgotten first. */
const MAX_SESSIONS = 1_024;

/** One attempt's endpoint. Whoever picked it settles it, whatever comes of the attempt; only the first time counts. */
export interface PickedEndpoint {
  readonly endpoint: string;
  settle(outcome: Outcome): void;
}

interface Candidate {
  readonly endpoint: string;
  readonly record: OutlierRecord;
  outstanding: number;
  pickedAt: number;
  removed: boolean;
}

export interface EndpointPickerDeps {
  readonly backend: string;
  readonly clock: Clock;
  /** Hears of a removed endpoint when its last call has ended, at once if it had none; must not throw. */
  readonly onDrained: (endpoint: string) => void;
}

/**
 * Spreads the calls of one backend over its endpoints: the one with the fewest calls under way, in turns among equals. One that
 * fails 5 times in a row is ejected for 30 s, twice that the second time and so on, but never more than half of them (Envoy's
 * outlier detection).
 */
export class EndpointPicker {
  readonly #deps: EndpointPickerDeps;
  readonly #sessions = new Map<string, Candidate>();
  #candidates: readonly Candidate[] = [];
  #picks = 0;

  constructor(endpoints: readonly string[], deps: EndpointPickerDeps) {
    this.#deps = deps;
    this.replace(endpoints);
  }

  /** The endpoints it picks from, with what is known of each. */
  get endpoints(): readonly { readonly endpoint: string; readonly outstanding: number; readonly ejected: boolean }[] {
    return this.#candidates.map((candidate) => ({
      endpoint: candidate.endpoint,
      outstanding: candidate.outstanding,
      ejected: candidate.record.ejected,
    }));
  }

  /** Picks an endpoint; the same one for the same session for as long as it is there and not ejected. */
  pick(session?: string): PickedEndpoint {
    const candidate = this.#ofSession(session) ?? this.#leastBusy();
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
  replace(endpoints: readonly string[]): void {
    const known = new Map(this.#candidates.map((candidate) => [candidate.endpoint, candidate]));
    this.#candidates = [...new Set(endpoints)].map((endpoint) => known.get(endpoint) ?? this.#newCandidate(endpoint));
    for (const candidate of known.values()) if (!this.#candidates.includes(candidate)) this.#remove(candidate);
  }

  #ofSession(session: string | undefined): Candidate | undefined {
    const candidate = session === undefined ? undefined : this.#sessions.get(session);
    return candidate === undefined || candidate.removed || candidate.record.ejected ? undefined : candidate;
  }

  #leastBusy(): Candidate {
    const serving = this.#candidates.filter(({ record }) => !record.ejected);
    const choice = serving.length > 0 ? serving : this.#candidates; // after a reload only ejected ones may be left
    const best = choice.reduce<Candidate | undefined>((a, b) => (a === undefined || isBefore(b, a) ? b : a), undefined);
    if (best) return best;
    const { backend } = this.#deps;
    throw new GatewayError("unavailable", `Cannot call "${backend}": it has no endpoint`, { backend, outcome: "not_executed" });
  }

  #bind(session: string, candidate: Candidate): void {
    this.#sessions.delete(session); // and to the end of the line
    this.#sessions.set(session, candidate);
    if (this.#sessions.size <= MAX_SESSIONS) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }

  #settle(candidate: Candidate, term: number, outcome: Outcome): void {
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

  #remove(candidate: Candidate): void {
    candidate.removed = true;
    if (candidate.outstanding === 0) this.#deps.onDrained(candidate.endpoint);
  }

  #newCandidate(endpoint: string): Candidate {
    return { endpoint, record: new OutlierRecord(this.#deps.clock), outstanding: 0, pickedAt: 0, removed: false };
  }
}

const isBefore = (a: Candidate, b: Candidate): boolean =>
  a.outstanding === b.outstanding ? a.pickedAt < b.pickedAt : a.outstanding < b.outstanding;
