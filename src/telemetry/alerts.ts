import type { CallRecord, Observer } from "../model/ports.ts";
import type { AlertRules } from "../model/watching.ts";
import type { Clock, Timer } from "../time/clock.ts";
import { type AlertLevel, type AlertRule, type Finding, judgeCalls, judgeDown } from "./alert-rules.ts";
import { CallWindow } from "./call-window.ts";
import type { Logger } from "./logger.ts";
import { VERDICTS } from "./outcomes.ts";

/** Something about a server that a person should know. */
export interface Alert {
  readonly server: string;
  readonly rule: AlertRule;
  readonly level: Exclude<AlertLevel, "ok">;
  readonly text: string;
}

/** Whether a server serves; `unclear` while it starts or stops, `gone` once it has left the registry. */
export type Standing = "up" | "down" | "unclear" | "gone";

export interface AlertsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly rules: () => AlertRules;
  readonly standing: (backend: string) => Standing;
}

/** How often recent calls are judged while some of them failed or were slow. */
const LOOK_EVERY_MS = 5_000;

interface Watch {
  readonly window: CallWindow;
  readonly levels: Record<AlertRule, AlertLevel>;
  downSince: number | undefined;
}

/**
 * Judges servers by their recent calls and by how long they are down, and logs every change of a judgement once. While all is
 * well there is no timer: the first slow or failed call, or the first sign of a server that is down, sets one.
 */
export class Alerts implements Observer, Disposable {
  readonly #deps: AlertsDeps;
  readonly #watches = new Map<string, Watch>();
  #timer: Timer | undefined;
  #isOver = false;

  constructor(deps: AlertsDeps) {
    this.#deps = deps;
  }

  callFinished(record: CallRecord): void {
    const verdict = VERDICTS[record.code];
    if (verdict === "none") return;
    const { backend } = record.ref;
    const known = this.#watches.has(backend);
    if (!known && this.#deps.standing(backend) === "gone") return; // it left while the call was under way
    this.#watch(backend, record.endedAt).window.record(record);
    if (this.#timer === undefined && (verdict === "bad" || record.ms > slow(this.#deps.rules()))) this.#schedule(LOOK_EVERY_MS);
  }

  backendChanged(backend: string): void {
    this.#hear(backend);
  }

  circuitChanged(backend: string, state: string): void {
    if (state !== "retired") this.#hear(backend);
  }

  /** What is wrong now, the worst first. */
  current(): readonly Alert[] {
    return this.#look().sort((a, b) => Number(b.level === "critical") - Number(a.level === "critical"));
  }

  /** Drops a server that has left the registry. */
  forget(backend: string): void {
    this.#watches.delete(backend);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
    this.#watches.clear();
  }

  #watch(backend: string, now: number): Watch {
    let watch = this.#watches.get(backend);
    if (!watch) {
      watch = { window: new CallWindow(now), levels: { latency: "ok", errors: "ok", down: "ok" }, downSince: undefined };
      this.#watches.set(backend, watch);
    }
    return watch;
  }

  #hear(backend: string): void {
    const standing = this.#deps.standing(backend);
    const known = this.#watches.get(backend);
    if (standing === "unclear" || standing === "gone" || (standing === "up") === (known?.downSince === undefined)) return;
    const now = this.#deps.clock.now();
    const watch = this.#watch(backend, now);
    watch.downSince = standing === "down" ? now : undefined;
    if (standing === "up") this.#look();
    else if (this.#timer === undefined) this.#schedule(LOOK_EVERY_MS);
  }

  #look(): Alert[] {
    const now = this.#deps.clock.now();
    const alerts: Alert[] = [];
    for (const [server, watch] of this.#watches) {
      watch.window.turn(now);
      if (this.#isWell(watch)) continue; // its quantiles would cost status more than all the rest
      for (const finding of this.#findings(watch)) {
        this.#note(server, watch, finding);
        const { rule, level, text } = finding;
        if (level !== "ok") alerts.push({ server, rule, level, text });
      }
    }
    return alerts;
  }

  /** Whether no rule can be broken, and none was. */
  #isWell({ window, levels, downSince }: Watch): boolean {
    const wasWell = levels.latency === "ok" && levels.errors === "ok" && levels.down === "ok";
    return wasWell && downSince === undefined && window.isCalm(slow(this.#deps.rules()));
  }

  #findings({ window, levels, downSince }: Watch): readonly Finding[] {
    const rules = this.#deps.rules();
    const downForMs = downSince === undefined ? undefined : this.#deps.clock.now() - downSince;
    return [...judgeCalls(window.view(), rules, levels), judgeDown(downForMs, rules)];
  }

  #note(server: string, { levels }: Watch, { rule, level, text }: Finding): void {
    const before = levels[rule];
    if (level === before) return;
    levels[rule] = level;
    const fields = { server, rule, level, before, text };
    this.#deps.log[level === "critical" ? "error" : "warn"](fields, level === "ok" ? "alert over" : "alert");
  }

  #schedule(ms: number): void {
    if (this.#isOver) return; // servers that are closed with the gateway still tell their changes
    this.#timer = this.#deps.clock
      .after(ms, () => {
        this.#timer = undefined;
        this.#look();
        if (this.#isOfInterest()) this.#schedule(LOOK_EVERY_MS);
      })
      .unref();
  }

  /** Whether the next look may find something else than this one. */
  #isOfInterest(): boolean {
    const limit = slow(this.#deps.rules());
    return [...this.#watches.values()].some(
      ({ window, levels, downSince }) =>
        !window.isCalm(limit) ||
        levels.latency !== "ok" ||
        levels.errors !== "ok" ||
        (downSince !== undefined && levels.down === "ok"),
    );
  }
}

/** What is slower may break the rule for latency, whichever of its two limits is the lower one. */
const slow = ({ p95Ms: { warn, critical } }: AlertRules): number =>
  Math.min(warn || Number.POSITIVE_INFINITY, critical || Number.POSITIVE_INFINITY);
