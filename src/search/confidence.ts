import type { Candidate } from "./rank.ts";
import type { Confidence } from "./searchable-tool.ts";

/**
 * How far a hit may be trusted: by the share of the query it covers, and by how close it comes to the best hit. A query whose words
 * are mostly unknown gives low confidence however far its best hit leads.
 */
export function confidenceOf({ coverage, score }: Candidate, best: Candidate): Confidence {
  const closeness = best.score === 0 ? 0 : score / best.score;
  if (coverage >= 0.75 && closeness >= 0.8) return "high";
  if (coverage >= 0.45 && closeness >= 0.5) return "medium";
  return "low";
}
