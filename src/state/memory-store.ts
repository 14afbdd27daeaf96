import type { StateStore } from "../model/ports.ts";

/** A store that forgets everything when the process ends: for tests, and for a gateway that may not write to the disk. */
export function createMemoryStore(): StateStore {
  const texts = new Map<string, string>();
  return {
    read: async (name) => texts.get(name),
    write: async (name, text) => void texts.set(name, typeof text === "string" ? text : text.join("")),
    remove: async (name) => void texts.delete(name),
  };
}
