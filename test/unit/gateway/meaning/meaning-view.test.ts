import { expect, test } from "vitest";
import { viewOfMeaning } from "../../../../src/gateway/meaning/meaning-view.ts";
import { Secret } from "../../../../src/model/secret.ts";

const SETTINGS = {
  url: new Secret("http://127.0.0.1:1/v1/embeddings"),
  origin: "http://127.0.0.1:1",
  model: "m",
  apiKey: undefined,
  timeoutMs: 150,
  api: "openai",
  enabled: "on",
  dimensions: undefined,
  batch: 64,
  queryPrefix: "",
  documentPrefix: "",
} as const;

test.each([
  ["unneeded", "on without a trial, 12000 tools embedded"],
  [
    "missing",
    "on without a trial, 12000 tools embedded (compared one by one; with the package usearch installed a graph would find them)",
  ],
  ["growing", "on without a trial, 12000 tools embedded (compared one by one until their graph has grown)"],
  ["ready", "on without a trial, 12000 tools embedded (found through a graph)"],
] as const)("the status of meaning says how vectors are found: %s", (graph, summary) => {
  const state = { embedded: 12_000, isComplete: true, graph, verdict: undefined, trouble: undefined };
  expect(viewOfMeaning(SETTINGS, state).summary).toBe(summary);
});
