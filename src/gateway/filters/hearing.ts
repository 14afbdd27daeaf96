import type { CallNotes, ProgressUpdate } from "../../model/call.ts";
import type { AskHost } from "../../model/host.ts";
import type { Clock } from "../../time/clock.ts";

/** Notes that the backend was heard, so that a slow one that reports progress is not taken for a dead one. */
export const hearing =
  (notes: CallNotes, clock: Clock, pass: (update: ProgressUpdate) => void) =>
  (update: ProgressUpdate): void => {
    notes.heardAt = clock.now();
    pass(update);
  };

/** A backend that waits for the host is not silent, however long that takes. */
export function patient(notes: CallNotes, clock: Clock, ask: AskHost): AskHost {
  let open = 0;
  return async (question, signal) => {
    open += 1;
    notes.asked = (notes.asked ?? 0) + 1;
    notes.heardAt = Number.POSITIVE_INFINITY;
    const answer = await ask(question, signal);
    open -= 1;
    if (open === 0) notes.heardAt = clock.now();
    return answer;
  };
}
