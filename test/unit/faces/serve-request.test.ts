import { expect, test } from "vitest";
import { readServeRequest, type ServeRequest } from "../../../src/faces/serve-request.ts";

const asked = (over: Partial<ServeRequest> = {}): ServeRequest => ({ registry: undefined, strict: false, ...over });

test.each<[string, string, boolean, ServeRequest | undefined]>([
  ["nothing, on a pipe", "", false, asked()],
  ["nothing, on a terminal", "", true, undefined],
  ["serve, on a terminal", "serve", true, asked()],
  ["a registry", "--registry a.json", false, asked({ registry: "a.json" })],
  ["a registry behind an equals sign", "--registry=a=b.json", false, asked({ registry: "a=b.json" })],
  ["serve with everything", "serve --strict --registry a.json", false, asked({ registry: "a.json", strict: true })],
  ["serve behind its options", "--registry a.json serve", true, asked({ registry: "a.json" })],
  ["a registry without a name", "--registry", false, undefined],
  ["a command", "list", false, undefined],
  ["a registry and a command", "--registry a.json list", false, undefined],
  ["an option it does not know", "serve --fast", false, undefined],
  ["help", "--help", false, undefined],
  ["the options of serve on a terminal", "--strict", true, undefined],
])("%s", (_what, line, isTerminal, expected) => {
  expect(readServeRequest(line.split(" ").filter(Boolean), isTerminal)).toEqual(expected);
});
