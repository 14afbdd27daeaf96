import type { Workload } from "../../../src/model/ports.ts";

/** A workload that lives on and says nothing, but for what the test gives it. */
export const workloadOf = (over: Partial<Workload> = {}): Workload => ({
  endpoint: { kind: "http", url: "http://localhost/", headers: {} },
  exited: new Promise(() => {}),
  facts: {},
  warmsUp: false,
  logTail: () => [],
  [Symbol.asyncDispose]: () => Promise.resolve(),
  ...over,
});
