import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const outside = ["**/node_modules/**", "**/dist/**", "**/.bedplate/**", "**/.stryker-tmp/**"];

/** Two files at once, also where there are only two cores: tests of real processes wait more than they compute. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

/** A suite with the real thing that names it. */
const suite = (name: string, width: { maxWorkers: number } | { fileParallelism: false }) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    exclude: outside,
    testTimeout: 180_000,
    hookTimeout: 300_000,
    ...width,
  },
});

/** `unit` needs nothing but dependencies. Its files share their worker's modules: most of its time was loading them. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{contract,components,stacks,policies,runtime,cli,tools,console,examples}/**/*.test.ts"],
          exclude: outside,
          setupFiles: ["test/support/fixed-seed.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          isolate: false,
          maxWorkers,
        },
      },
      ...["engine", "spine", "verify"].map((name) => suite(name, { maxWorkers })),
      ...["clients", "servers", "browser", "cluster"].map((name) => suite(name, { fileParallelism: false })),
    ],
  },
});
