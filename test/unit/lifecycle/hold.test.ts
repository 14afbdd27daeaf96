import { describe, expect, test } from "vitest";
import { Supervisor } from "../../../src/lifecycle/supervisor.ts";
import { GatewayError } from "../../../src/model/errors.ts";
import type { RuntimeDriver, Workload } from "../../../src/model/ports.ts";
import { FakeBackend, makeSpec } from "../../support/fake-backend.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const never = new AbortController().signal;

function setUp(extra: Partial<Workload> = {}) {
  const backend = new FakeBackend();
  const driver: RuntimeDriver = { kind: "fake", launch: async (request) => ({ ...(await backend.launch(request)), ...extra }) };
  const clock = new ManualClock();
  const supervisor = new Supervisor({
    spec: makeSpec({ idleStopMs: 10_000, idlePauseMs: 0 }),
    replica: 0,
    driver,
    transport: backend,
    clock,
    drainMs: 5_000,
    startSlot: async () => ({ [Symbol.dispose]: () => {} }),
    events: { stateChanged: () => {}, connected: () => {}, notified: () => {} },
  });
  return { backend, clock, supervisor };
}

async function held(extra?: Partial<Workload>) {
  const { supervisor, ...rest } = setUp(extra);
  const running = await supervisor.start(never);
  const hold = supervisor.hold();
  if (!hold) throw new Error("Cannot hold what runs");
  return { supervisor, running, hold, ...rest };
}

describe("holding a backend", () => {
  test("starts none that does not run", async () => {
    const { supervisor, backend } = setUp();
    expect(supervisor.hold()).toBeUndefined();
    await settle();
    expect(supervisor.state.name).toBe("stopped");
    expect(backend.launches).toBe(0);
  });

  test("gives what runs, and counts as a call until it is released", async () => {
    const { supervisor, running, hold } = await held();
    expect(hold.running).toBe(running);
    expect(supervisor.inFlight).toBe(1);
    hold.release();
    expect(supervisor.inFlight).toBe(0);
  });

  test("keeps it from being idle for as long as it lasts, and no longer", async () => {
    const { supervisor, clock, hold } = await held();
    await clock.advance(60_000);
    expect(supervisor.state.name).toBe("running");
    hold.release();
    await clock.advance(10_000);
    expect(supervisor.state.name).toBe("stopped");
  });

  test("ends once, however often it is released", async () => {
    const { supervisor, hold } = await held();
    const other = supervisor.hold();
    hold.release();
    hold.release();
    expect(supervisor.inFlight).toBe(1);
    other?.release();
    expect(supervisor.inFlight).toBe(0);
  });

  test("is waited for by a stop", async () => {
    const { supervisor, hold } = await held();
    const stopped = supervisor.stop();
    await settle();
    expect(supervisor.state.name).toBe("draining");
    expect(supervisor.hold()).toBeUndefined();
    hold.release();
    await stopped;
    expect(supervisor.state.name).toBe("stopped");
  });

  test("explains a lost conversation by the death of its workload, and nothing else", async () => {
    const exit = { code: 137, signal: null, reason: "ran out of memory" };
    const { supervisor, hold } = await held({ exited: new Promise(() => {}), checkExit: async () => exit });
    expect(hold.explain(new GatewayError("upstream_rejected", "Refused"))).toBeUndefined();
    const explained = await hold.explain(new GatewayError("unavailable", "Socket closed"));
    expect(explained?.message).toBe('"notes" is gone: ran out of memory');
    expect(supervisor.state.name).not.toBe("running");
  });
});
