import type { RuntimeDriver, RuntimeKind } from "../model/ports.ts";
import type { Clock } from "../time/clock.ts";
import { type ContainerDeps, containerKind, createContainerDriver } from "./container.ts";
import { ProcessDriver } from "./process.ts";
import { processKind } from "./process-options.ts";
import { RemoteDriver, remoteKind } from "./remote.ts";

/** Every kind of runtime, in the order in which error messages name them. */
export const runtimeKinds: readonly RuntimeKind[] = [processKind, remoteKind, containerKind];

export interface DriverDeps {
  readonly clock: Clock;
  /** What containers need besides; without it there is no driver for them. */
  readonly containers?: Omit<ContainerDeps, "clock"> | undefined;
}

/** The drivers of all kinds of runtime, by kind. */
export function createDrivers({ clock, containers }: DriverDeps): ReadonlyMap<string, RuntimeDriver> {
  const drivers: RuntimeDriver[] = [new ProcessDriver(clock), new RemoteDriver()];
  if (containers) drivers.push(createContainerDriver({ clock, ...containers }));
  return new Map(drivers.map((driver) => [driver.kind, driver]));
}
