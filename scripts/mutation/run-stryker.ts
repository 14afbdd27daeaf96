import { Stryker } from "@stryker-mutator/core";
import type { Group } from "./groups.ts";
import type { Mutant } from "./score.ts";

const REPORTS = "bench-results/mutation";

/** Mutates the files of a group and runs those of its tests that cover each mutant. */
export async function runStryker({ name, files, tests }: Group, concurrency: number): Promise<readonly Mutant[]> {
  const stryker = new Stryker({
    mutate: [...files],
    testFiles: [...tests],
    concurrency,
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "scripts/mutation/vitest.config.ts" },
    coverageAnalysis: "perTest",
    ignoreStatic: true, // constants of a module: each would need all tests in a new process
    ignorePatterns: ["dist", "bench-results", "test/fixtures/images"],
    disableTypeChecks: false, // it would mark files that are not mutated, and nothing here checks types
    tempDirName: `${REPORTS}/work`,
    cleanTempDir: "always",
    tsconfigFile: "none", // rewriting it needs the API of TypeScript 6; ours extends nothing, so there is nothing to rewrite
    timeoutMS: 5_000,
    timeoutFactor: 1.5,
    testRunnerNodeArgs: ["--max-old-space-size=1024"],
    reporters: ["clear-text", "json", "progress-append-only"],
    clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false, reportScoreTable: false },
    jsonReporter: { fileName: `${REPORTS}/${name}.json` },
    allowEmpty: false,
    allowConsoleColors: false,
  });
  return await stryker.runMutationTest();
}
