import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { repositoryRoot } from "../engine/environment.ts";
import { type BenchResult, type Options, progress } from "./options.ts";
import { compare, type Ratio, round, spreadOf } from "./statistics.plan.ts";

interface ProgramRun {
  readonly ms: number;
  readonly registered: readonly unknown[];
}

/** What the real engine's preview of the production stack came to. */
interface EnginePreview {
  readonly seconds: number;
  readonly resources: number;
  /** How the cluster and the charts were come by. */
  readonly note: string;
}

const runWithinMs = 120_000;
const previewWithinMs = 900_000;
const bufferBytes = 64 * 1024 * 1024;
const program = join(import.meta.dirname, "preview-program.ts");
const main = join(repositoryRoot, "stacks/main.ts");
const enginePreview = join(repositoryRoot, "test/cluster/preview-run.ts");

/** The production stack's config as the engine hands it over, with what a person must add made up. */
function productionConfig(): Record<string, string> {
  const file = readFileSync(join(repositoryRoot, "stacks/Pulumi.prod-kubernetes.yaml"), "utf8");
  const digest = `sha256:${"b".repeat(64)}`;
  const images = ["triton", "vllm", "tensorflow-serving", "torchserve", "pytorch", "ray", "seaweedfs"];
  const values = {
    ...parse(file).config,
    "bedplate:runtimeImage": `registry.example.com/bedplate@${digest}`,
    "bedplate:imageDigests": Object.fromEntries(
      [...images, "optuna-dashboard", "tensorboard"].map((name) => [name, digest]),
    ),
  };
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** A program runs once in a process of its own, with compiled modules kept, as the engine has it run. */
async function runOnce(folder: string, ...args: readonly string[]): Promise<ProgramRun> {
  const { stdout } = await execa(process.execPath, [program, ...args], {
    cwd: repositoryRoot,
    env: { NODE_COMPILE_CACHE: join(folder, "compiled") },
    timeout: runWithinMs,
    maxBuffer: bufferBytes,
  });
  return JSON.parse(stdout);
}

interface Compared {
  readonly ratio: Ratio;
  readonly resources: number;
}

/** Ours and the bare SDK in turn, the first of each to warm the cache of compiled modules. */
async function comparePrograms(folder: string, rounds: number): Promise<Compared> {
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify(productionConfig()));
  const first = await runOnce(folder, main, config);
  const resources = join(folder, "resources.json");
  writeFileSync(resources, JSON.stringify(first.registered));
  const plain = await runOnce(folder, "bare", resources);
  if (plain.registered.length !== first.registered.length)
    throw new Error(
      `the bare SDK registered ${plain.registered.length} of ${first.registered.length} resources`,
    );
  const ours: number[] = [];
  const bare: number[] = [];
  for (let at = 0; at < rounds; at++) {
    ours.push((await runOnce(folder, main, config)).ms);
    bare.push((await runOnce(folder, "bare", resources)).ms);
    progress(`program ${Math.round(ours.at(-1) ?? 0)} ms, bare SDK ${Math.round(bare.at(-1) ?? 0)} ms`);
  }
  const peerName = `@pulumi/pulumi, ${plain.registered.length} plain resources with the same inputs`;
  const ratio = compare({ ours: spreadOf(ours), peer: spreadOf(bare), peerName, unit: "ms", better: "less" });
  return { ratio, resources: first.registered.length };
}

/** The real engine, provider and API server, in a process of their own. */
async function previewWithEngine(): Promise<EnginePreview> {
  const child = execa(process.execPath, [enginePreview], {
    cwd: repositoryRoot,
    timeout: previewWithinMs,
    stderr: "inherit",
  });
  const { stdout } = await child;
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/**
 * The production stack: how long its program takes beside the bare SDK with as many resources, and how long a real
 * `pulumi preview` of it takes. `--only program` leaves the engine out.
 */
export async function benchPreview({ isQuick, only }: Options): Promise<BenchResult> {
  const wanted = (name: string) => only.length === 0 || only.includes(name);
  const folder = mkdtempSync(join(tmpdir(), "bedplate-bench-preview-"));
  try {
    const { ratio, resources } = await comparePrograms(folder, isQuick ? 3 : 9);
    const limits: Record<string, number> = { resources };
    const information: Record<string, unknown> = { "program-resources": resources };
    if (wanted("engine")) {
      const preview = await previewWithEngine();
      limits["preview-s"] = round(preview.seconds);
      limits.resources = preview.resources;
      information["preview-of"] = preview.note;
    }
    return { name: "preview", ratios: { "program-vs-bare-sdk": ratio }, limits, information };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
