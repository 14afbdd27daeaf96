import { describe, expect, test } from "vitest";
import type { BackendSpec } from "../../src/model/backend-spec.ts";
import { GatewayError } from "../../src/model/errors.ts";
import type { RuntimeDriver, Workload } from "../../src/model/ports.ts";
import { requestFor } from "./launch.ts";

/** What the shared suite needs to know about one kind of runtime. */
export interface RuntimeSubject {
  /** A backend that runs until it is stopped. */
  readonly lasting: () => BackendSpec;
  /** A backend that writes this line to its log and stays; undefined if this kind has no logs. */
  readonly logging?: { readonly spec: () => BackendSpec; readonly line: string } | undefined;
  /** Ends a workload from outside, as a crash does; undefined if nothing runs that could crash. */
  readonly kill?: ((workload: Workload) => Promise<void> | void) | undefined;
  /** Whatever the driver's workloads have left on this machine. */
  readonly leftovers: () => Promise<readonly string[]> | readonly string[];
}

/** The promises every runtime driver keeps, whatever it runs. */
export function testRuntimeDriver(name: string, makeDriver: () => RuntimeDriver, subject: RuntimeSubject): void {
  describe(`runtime driver "${name}"`, () => {
    test("a launched workload has an endpoint and facts, and is not exited", async () => {
      await using workload = await makeDriver().launch(requestFor(subject.lasting()));
      expect(["http", "stdio"]).toContain(workload.endpoint.kind);
      expect(JSON.parse(JSON.stringify(workload.facts))).toEqual(workload.facts);
      expect(await Promise.race([workload.exited, "still here"])).toBe("still here");
    });

    test("disposing it twice, also at once, ends it and leaves nothing", async () => {
      const workload = await makeDriver().launch(requestFor(subject.lasting()));
      await Promise.all([workload[Symbol.asyncDispose](), workload[Symbol.asyncDispose]()]);
      await workload[Symbol.asyncDispose]();
      expect((await workload.exited).reason).not.toBe("");
      expect(await subject.leftovers()).toEqual([]);
    });

    test("a start that was aborted beforehand starts nothing and fails with the abort's reason", async () => {
      const reason = new GatewayError("shutting_down", "Gateway is stopping");
      const request = requestFor(subject.lasting(), AbortSignal.abort(reason));
      await expect(makeDriver().launch(request)).rejects.toBe(reason);
      expect(await subject.leftovers()).toEqual([]);
    });

    test("a start that is aborted on its way leaves nothing behind", async () => {
      const stop = new AbortController();
      const launch = makeDriver().launch(requestFor(subject.lasting(), stop.signal));
      stop.abort(new GatewayError("cancelled", "Start cancelled"));
      const workload = await launch.catch((error: unknown) => error);
      if (workload instanceof Error) expect(workload).toBe(stop.signal.reason);
      else await (workload as Workload)[Symbol.asyncDispose](); // launched before it could hear of the abort
      expect(await subject.leftovers()).toEqual([]);
    });

    test.runIf(subject.kill)("a workload that is killed from outside says so and can still be disposed", async () => {
      const workload = await makeDriver().launch(requestFor(subject.lasting()));
      await subject.kill?.(workload);
      const exit = await workload.exited;
      expect(exit.code !== 0 || exit.signal !== null).toBe(true);
      expect(exit.reason).toMatch(/kill|exit/);
      await workload[Symbol.asyncDispose]();
      expect(await subject.leftovers()).toEqual([]);
    });

    test.runIf(subject.logging)("the log tail holds what the workload wrote, also after its end", async () => {
      const { spec, line } = subject.logging ?? { spec: subject.lasting, line: "" };
      const workload = await makeDriver().launch(requestFor(spec()));
      const fetched = async () => {
        await workload.refreshLog?.();
        return workload.logTail();
      };
      await expect.poll(fetched, { timeout: 5_000 }).toContain(line);
      await workload[Symbol.asyncDispose]();
      expect(workload.logTail()).toContain(line);
    });
  });
}
