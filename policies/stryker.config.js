import { globSync } from "node:fs";

/** `RULES='pss-|secrets' npm run mutate -w policies`: mutants of the rules whose ids begin so, or of all. */
const wanted = new RegExp(`^(${process.env.RULES ?? ""})`);

export default {
  testRunner: "rules",
  plugins: ["./mutation/plugins.ts"],
  ignorers: ["rule-texts"],
  mutate: globSync("rules/*/*.ts", { cwd: import.meta.dirname }).filter((file) =>
    wanted.test(file.replace(/^rules\//, "").replace("/", "-")),
  ),
  // A rule is read anew for each mutant, and asked everything.
  coverageAnalysis: "off",
  concurrency: 2,
  // No change of a rule runs for ever, and a busy machine must not look like one that does.
  timeoutMS: 60_000,
  // Every reading of a rule stays in memory.
  maxTestRunnerReuse: 300,
  reporters: ["clear-text", "json"],
  jsonReporter: { fileName: "reports/mutation.json" },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
};
