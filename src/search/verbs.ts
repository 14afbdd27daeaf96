import { stem } from "./stem.ts";

/** What tools do, by kind of act: a tool that deletes does not answer a wish to list. */
const ACTS = {
  read: "get list show read fetch describe view retrieve display find search query lookup check browse count",
  create: "create add new insert provision generate make build compose",
  change: "update modify edit change set rename patch adjust move copy",
  remove: "delete remove drop destroy erase purge clear",
  send: "send publish post share",
  run: "run execute invoke start launch",
  stop: "stop cancel abort pause terminate kill",
} as const;

export type Act = keyof typeof ACTS;

export const ACT_NAMES = Object.keys(ACTS) as readonly Act[];

const ACT_OF_STEM: ReadonlyMap<string, Act> = new Map(
  ACT_NAMES.flatMap((act) => ACTS[act].split(" ").map((verb): [string, Act] => [stem(verb), act])),
);

/** The kind of act a stem stands for, where it is a verb of tools. */
export const actOf = (stemmed: string): Act | undefined => ACT_OF_STEM.get(stemmed);
