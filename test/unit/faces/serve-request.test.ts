import { expect, test } from "vitest";
import { readServeRequest, type ServeRequest } from "../../../src/faces/serve-request.ts";

const asked = (over: Partial<ServeRequest> = {}): ServeRequest => ({
  registry: undefined,
  strict: false,
  metricsSocket: undefined,
  metricsPort: undefined,
  ...over,
});

test.each<[string, string, boolean, ServeRequest | undefined]>([
  ["nothing, on a pipe", "", false, asked()],
  ["nothing, on a terminal", "", true, undefined],
  ["serve, on a terminal", "serve", true, asked()],
  ["a registry", "--registry a.json", false, asked({ registry: "a.json" })],
  ["a registry behind an equals sign", "--registry=a=b.json", false, asked({ registry: "a=b.json" })],
  ["serve with everything", "serve --strict --registry a.json", false, asked({ registry: "a.json", strict: true })],
  ["serve behind its options", "--registry a.json serve", true, asked({ registry: "a.json" })],
  ["a metrics port", "--metrics-port 9464", false, asked({ metricsPort: 9464 })],
  ["a metrics port behind an equals sign, any free one", "serve --metrics-port=0", true, asked({ metricsPort: 0 })],
  ["a metrics socket", "--metrics-socket serve", true, asked({ metricsSocket: true })],
  ["a metrics socket at a path", "--metrics-socket=/run/a=b.sock", false, asked({ metricsSocket: "/run/a=b.sock" })],
  [
    "a metrics socket at a path of its own word",
    "serve --metrics-socket a.sock --strict",
    true,
    asked({ metricsSocket: "a.sock", strict: true }),
  ],
  ["a metrics socket before another option", "--metrics-socket --strict", false, asked({ metricsSocket: true, strict: true })],
  ["a metrics socket before a command", "--metrics-socket list", false, undefined],
  ["a metrics port that is none", "--metrics-port 9464x", false, undefined],
  ["a metrics port that is too high", "--metrics-port 65536", false, undefined],
  ["a metrics port without a number", "--metrics-port", false, undefined],
  ["a registry without a name", "--registry", false, undefined],
  ["a command", "list", false, undefined],
  ["a registry and a command", "--registry a.json list", false, undefined],
  ["an option it does not know", "serve --fast", false, undefined],
  ["help", "--help", false, undefined],
  ["the options of serve on a terminal", "--strict", true, undefined],
])("%s", (_what, line, isTerminal, expected) => {
  expect(readServeRequest(line.split(" ").filter(Boolean), isTerminal)).toEqual(expected);
});
