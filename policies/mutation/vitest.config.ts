import { globSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const wanted = new RegExp(`^(${process.env.RULES ?? ""})`);
const tests = globSync("rules/*/*.test.ts", { cwd: join(import.meta.dirname, "..") });

/** Only the cases of the rules that are changed: each change of a rule's data loads and runs all of these again. */
export default defineConfig({
  test: {
    include: [
      ...["cases", "pod-security", "messages", "variants"].map((name) => `corpus/${name}.test.ts`),
      ...tests.filter((file) => wanted.test(file.replace(/^rules\//, "").replace("/", "-"))),
    ],
    testNamePattern: wanted,
    pool: "threads",
    isolate: false,
    fileParallelism: false,
  },
});
