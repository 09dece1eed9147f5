import { defineConfig } from "vitest/config";

const outside = ["**/node_modules/**", "**/dist/**", "**/.bedplate/**"];

/** `unit` needs nothing but dependencies; the other projects each need the real thing that names them. */
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
        },
      },
      ...["engine", "spine", "verify", "clients", "servers", "browser", "cluster"].map((name) => ({
        test: {
          name,
          include: [`test/${name}/**/*.test.ts`],
          exclude: outside,
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      })),
    ],
  },
});
