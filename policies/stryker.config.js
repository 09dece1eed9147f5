import { globSync } from "node:fs";

/**
 * `RULES='pss-|secrets' npm run mutate -w policies`: mutants of the rules whose ids begin so, or of all; what an earlier
 * run found out about the others is kept.
 */
const wanted = new RegExp(`^(${process.env.RULES ?? ""})`);
const files = globSync("rules/*/*.ts", { cwd: import.meta.dirname })
  .filter((file) => !file.endsWith(".test.ts"))
  .filter((file) => wanted.test(file.replace(/^rules\//, "").replace("/", "-")));

export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner", "./mutation/rule-texts.ts"],
  ignorers: ["rule-texts"],
  vitest: { configFile: "mutation/vitest.config.ts" },
  mutate: files,
  coverageAnalysis: "perTest",
  concurrency: 1,
  incremental: true,
  incrementalFile: "reports/mutation.json",
  reporters: ["clear-text"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
};
