import { formatMs } from "../model/units.ts";
import type { AlertRules, Threshold } from "../model/watching.ts";
import type { WindowView } from "./call-window.ts";

export type AlertRule = "latency" | "errors" | "down";
export type AlertLevel = "ok" | "warning" | "critical";

/** What a rule finds: how bad it is, and a sentence for people. */
export interface Finding {
  readonly rule: AlertRule;
  readonly level: AlertLevel;
  readonly text: string;
}

/** A level is left only this far below where it begins, so that a figure on the border does not flap. */
const LEAVES_AT = 0.8;
const LEVELS: readonly AlertLevel[] = ["ok", "warning", "critical"];

/** The level of a figure, given the one it had. */
export function levelOf(value: number, { warn, critical }: Threshold, before: AlertLevel): AlertLevel {
  const isOver = (limit: number, isOn: boolean) => limit > 0 && value > limit * (isOn ? LEAVES_AT : 1);
  if (isOver(critical, before === "critical")) return "critical";
  return isOver(warn, before !== "ok") ? "warning" : "ok";
}

/** What the recent calls of a server say; too few of them end an alert, but never begin one. */
export function judgeCalls(
  view: WindowView,
  { p95Ms, errorPercent, minCalls }: AlertRules,
  before: Readonly<Record<"latency" | "errors", AlertLevel>>,
): readonly Finding[] {
  const isEnough = view.calls >= minCalls;
  const judged = (value: number, threshold: Threshold, was: AlertLevel): AlertLevel => {
    const level = levelOf(value, threshold, was);
    return isEnough ? level : lower(level, was);
  };
  const percent = view.calls === 0 ? 0 : (100 * view.failed) / view.calls;
  return [
    { rule: "latency", level: judged(view.p95Ms ?? 0, p95Ms, before.latency), text: latencyText(view) },
    {
      rule: "errors",
      level: judged(percent, errorPercent, before.errors),
      text: `${Math.round(percent)} % of its calls failed (${view.failed} of ${view.calls})`,
    },
  ];
}

/** A server that is down is critical once it has been for too long. */
export function judgeDown(downForMs: number | undefined, { downMs }: AlertRules): Finding {
  const isLong = downForMs !== undefined && downMs > 0 && downForMs > downMs;
  return { rule: "down", level: isLong ? "critical" : "ok", text: `it has been down for ${formatMs(downForMs ?? 0)}` };
}

const latencyText = ({ p95Ms = 0, inServerMs = 0, oursMs = 0 }: WindowView): string =>
  `95 % of its calls take up to ${formatMs(p95Ms)}: ${formatMs(inServerMs)} in the server, ${formatMs(oursMs)} in Sallyport`;

const lower = (one: AlertLevel, other: AlertLevel): AlertLevel =>
  LEVELS[Math.min(LEVELS.indexOf(one), LEVELS.indexOf(other))] ?? "ok";
