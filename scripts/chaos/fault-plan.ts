import { GUEST, ROLES } from "./cast.ts";
import { Random } from "./random.ts";

/** One thing that goes wrong, or is changed, at one moment. */
export type Fault =
  | { readonly kind: "kill" | "restart" | "forget_sessions"; readonly target: string }
  | { readonly kind: "freeze"; readonly target: string; readonly forMs: number }
  | { readonly kind: "misbehave"; readonly target: string; readonly how: string; readonly forMs: number }
  | { readonly kind: "host_stalls"; readonly forMs: number }
  | Edit;

/** A change of registry.json. */
export type Edit =
  | { readonly kind: "change_entry"; readonly target: string }
  | { readonly kind: "toggle_guest" | "break_registry" };

const STDIO_MISDEEDS = ["exit", "noise", "garbage", "wrong_id", "rpc_error", "twice", "late", "hang"];
const HTTP_MISDEEDS = [
  "reset_before",
  "reset_after",
  "truncated",
  "garbage",
  "wrong_id",
  "broken_stream",
  "failed_500",
  "busy_503",
  "pushback_429",
  "rpc_error",
  "late",
  "hang",
];
/** The more often a kind stands here, the more often it happens. */
const KINDS = weighted({
  misbehave: 8,
  kill: 4,
  freeze: 3,
  restart: 3,
  forget_sessions: 1,
  change_entry: 1,
  toggle_guest: 1,
  break_registry: 1,
  host_stalls: 1,
});

const victims = ROLES.filter(({ calm }) => !calm);

/** The fault of one tick; the same seed and tick always give the same. */
export function faultAt(seed: number, tick: number): Fault {
  const random = new Random(seed * 1_000_003 + tick);
  random.next(); // neighbouring seeds begin alike
  const { name: target, runs } = random.pick(victims);
  const kind = random.pick(KINDS);
  switch (kind) {
    case "freeze":
      return { kind, target, forMs: random.between(100, 1_500) };
    case "misbehave": {
      const how = random.pick(runs === "stdio" ? STDIO_MISDEEDS : HTTP_MISDEEDS);
      return { kind, target, how, forMs: random.between(50, 600) };
    }
    case "forget_sessions":
      return { kind, target: random.next() < 0.5 ? "url-legacy" : "port-legacy" };
    case "host_stalls":
      return { kind, forMs: random.between(50, 300) };
    case "toggle_guest":
    case "break_registry":
      return { kind };
    default:
      return { kind, target: kind === "change_entry" && target === GUEST ? "pipes-legacy" : target };
  }
}

function weighted(weights: Readonly<Record<Fault["kind"], number>>): Fault["kind"][] {
  return (Object.keys(weights) as Fault["kind"][]).flatMap((kind) => Array<Fault["kind"]>(weights[kind]).fill(kind));
}
