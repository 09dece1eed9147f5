import { defineConfig } from "vitest/config";

/** Only the cases: every mutant of a rule's data runs all of them again. Those of one group bear its name. */
export default defineConfig({
  test: {
    include: ["corpus/*.test.ts", "rules/*/*.test.ts"],
    exclude: ["corpus/never-throws.test.ts"],
    testNamePattern: new RegExp(`^(${process.env.RULES ?? ""})`),
    pool: "threads",
  },
});
