// Starts a child that starts another, prints the group's number and dies of an uncaught exception.

import { ProcessDriver } from "../../../src/runtime/process.ts";
import { processKind } from "../../../src/runtime/process-options.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { requestFor, specOf } from "../../conformance/launch.ts";

const spec = specOf(processKind, { command: process.execPath, args: [process.argv[2] ?? ""] });
const workload = await new ProcessDriver(systemClock).launch(requestFor(spec));
const watch = () => {
  if (workload.logTail().length === 0) systemClock.after(10, watch);
  else
    process.stdout.write(String(workload.facts["pid"]), () => {
      throw new Error("abandoned on purpose");
    });
};
watch();
