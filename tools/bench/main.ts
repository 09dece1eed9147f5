import { loadavg } from "node:os";
import { benchArtifacts } from "./artifacts.ts";
import { benchInference } from "./inference.ts";
import { type BenchResult, type Options, progress, readOptions } from "./options.ts";
import { benchPolicies } from "./policies.ts";
import { benchPreview } from "./preview.ts";
import { benchTracking } from "./tracking.ts";

/** `npm run -s bench -- <name> [--quick | --full] [--only a,b] --json`; the last line is the result as one JSON object. */
const benchmarks: Readonly<Record<string, (options: Options) => Promise<BenchResult>>> = {
  artifacts: benchArtifacts,
  inference: benchInference,
  policies: benchPolicies,
  preview: benchPreview,
  tracking: benchTracking,
};

async function run(): Promise<void> {
  const { name, options } = readOptions(process.argv.slice(2));
  const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (benchmark === undefined) {
    throw new Error(`There is no benchmark "${name}". There are: ${Object.keys(benchmarks).join(", ")}.`);
  }
  const load = () =>
    loadavg()
      .map((value) => value.toFixed(1))
      .join(" ");
  progress(`load of the machine before: ${load()}`);
  const result = await benchmark(options);
  progress(`load of the machine after: ${load()}`);
  console.log(JSON.stringify(result));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
