import { join } from "node:path";
import type { JsonObject } from "../../src/model/json.ts";
import type { ReferenceFiles, ReferenceServer } from "./reference-servers.ts";

/** One call of a conversation with a reference server. */
export interface Step {
  readonly tool: string;
  readonly args: JsonObject;
}

/**
 * What is said to a server, directly and through the gateway: every kind of content and every kind of failure it can
 * answer with. Each script leaves things as it found them, so that it can be played again.
 */
export function scriptFor(server: ReferenceServer, { root }: ReferenceFiles): readonly Step[] {
  const at = (name: string): string => join(root, name);
  switch (server) {
    case "everything":
    case "everything-http":
      return EVERYTHING;
    case "memory":
      return MEMORY;
    case "thinking":
      return THINKING;
    case "filesystem":
      return [
        { tool: "list_allowed_directories", args: {} },
        { tool: "write_file", args: { path: at("new.txt"), content: "eins\nzwei\n" } },
        { tool: "edit_file", args: { path: at("new.txt"), edits: [{ oldText: "zwei", newText: "two \u{1f6aa}" }] } },
        { tool: "read_text_file", args: { path: at("poem.txt") } },
        { tool: "read_text_file", args: { path: at("poem.txt"), head: 1 } },
        { tool: "read_media_file", args: { path: at("dot.png") } },
        { tool: "read_media_file", args: { path: at("tone.wav") } },
        { tool: "read_media_file", args: { path: at("numbers.bin") } },
        { tool: "read_multiple_files", args: { paths: [at("new.txt"), at("missing.txt")] } },
        { tool: "list_directory_with_sizes", args: { path: root, sortBy: "name" } },
        { tool: "directory_tree", args: { path: root } },
        { tool: "search_files", args: { path: root, pattern: "*.txt" } },
        { tool: "read_text_file", args: { path: "/etc/passwd" } },
        { tool: "read_text_file", args: { path: 7 } },
        { tool: "move_file", args: { source: at("new.txt"), destination: at("moved.txt") } },
        { tool: "move_file", args: { source: at("moved.txt"), destination: at("new.txt") } },
      ];
  }
}

const EVERYTHING: readonly Step[] = [
  { tool: "echo", args: { message: 'Grüße, "Welt"\\\n\u2028 \u{1f6aa} \u0000' } },
  { tool: "echo", args: { message: "a".repeat(200_000) } },
  { tool: "get-sum", args: { a: 0.1, b: 0.2 } },
  { tool: "get-tiny-image", args: {} },
  { tool: "get-annotated-message", args: { messageType: "error", includeImage: true } },
  { tool: "get-annotated-message", args: { messageType: "debug" } },
  { tool: "get-structured-content", args: { location: "New York" } },
  { tool: "get-resource-links", args: { count: 3 } },
  { tool: "get-resource-reference", args: { resourceType: "Text", resourceId: 2 } },
  { tool: "gzip-file-as-resource", args: { name: "a.gz", data: "data:text/plain,hello", outputType: "resource" } },
  { tool: "gzip-file-as-resource", args: { name: "b.gz", data: "data:text/plain,hello", outputType: "resourceLink" } },
  { tool: "get-sum", args: { a: "one" } }, // refused by the server
  { tool: "simulate-research-query", args: { topic: "doors" } }, // a tool that only runs as a task
];

const MEMORY: readonly Step[] = [
  { tool: "create_entities", args: { entities: [{ name: "Tür", entityType: "thing", observations: ["opens", "closes"] }] } },
  { tool: "create_entities", args: { entities: [{ name: "Key", entityType: "thing", observations: [] }] } },
  { tool: "create_relations", args: { relations: [{ from: "Key", to: "Tür", relationType: "unlocks" }] } },
  { tool: "add_observations", args: { observations: [{ entityName: "Key", contents: ["small"] }] } },
  { tool: "add_observations", args: { observations: [{ entityName: "Nobody", contents: ["?"] }] } },
  { tool: "search_nodes", args: { query: "tür" } },
  { tool: "open_nodes", args: { names: ["Key"] } },
  { tool: "read_graph", args: {} },
  { tool: "create_entities", args: {} },
];

const THINKING: readonly Step[] = [
  { tool: "sequentialthinking", args: { thought: "First", thoughtNumber: 1, totalThoughts: 2, nextThoughtNeeded: true } },
  { tool: "sequentialthinking", args: { thought: "Last", thoughtNumber: 2, totalThoughts: 2, nextThoughtNeeded: false } },
  { tool: "sequentialthinking", args: { thought: 7 } },
];
