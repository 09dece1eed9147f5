import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packConfig } from "@bedplate/cli/policy/pack-config.plan.ts";
import { policySettings } from "@bedplate/contract";
import { ruleTexts } from "@bedplate/policies/rules/index.ts";
import { type Cluster, ensureProvider, openOperators, startCluster } from "@bedplate/tools/cluster";
import { findEngine } from "@bedplate/tools/engine";
import { parsePlatformConfig } from "../../stacks/platform-config.ts";
import { planStack } from "../../stacks/platform-plan.ts";
import {
  type EngineRun,
  type EngineWorkspace,
  openEngineWorkspace,
  repository,
} from "../engine/engine-workspace.ts";
import { openChartMirror } from "./chart-mirror.ts";
import { crdFolder } from "./crd-schemas.ts";
import { platformValues } from "./platform-values.ts";

type Values = Readonly<Record<string, unknown>>;

/** A committed platform stack on a cluster of its own, charts from a mirror of small ones. */
export interface ClusterPlatform {
  /** Name of the stack. */
  readonly stack: string;
  readonly cluster: Cluster;
  readonly workspace: EngineWorkspace;
  /** What stands for the operators met with. */
  readonly problems: readonly string[];
  /** Its plan, as the program makes it. */
  readonly plan: ReturnType<typeof planStack>;
  /** `up`, with the policy pack. */
  up(...args: string[]): Promise<EngineRun>;
  close(): Promise<void>;
}

/** Releases of a production stack take minutes where a machine does other things too. */
const runTimeoutMs = 600_000;

/** Why a platform cannot be made here; undefined where it can. */
export const missingForPlatform = () =>
  crdFolder() === undefined
    ? "the operators' definitions are not here: set BEDPLATE_CRDS to their folder"
    : undefined;

/** Replaces a stack's config and answers the flags that switch the policy pack on as that config says. */
export async function configureStack(workspace: EngineWorkspace, values: Values): Promise<string[]> {
  await workspace.configure({ ...values });
  const file = join(workspace.folder, "policy.json");
  const settings = policySettings.parse(values["bedplate:policies"] ?? {});
  await writeFile(
    file,
    JSON.stringify(
      packConfig(
        settings,
        ruleTexts.map(({ id }) => id),
      ),
    ),
  );
  return ["--policy-pack", repository.policies, "--policy-pack-config", file];
}

/** Starts a cluster with stand-ins for operators and makes the stack ready to come up; nothing of it is up yet. */
export async function openClusterPlatform(
  stack: "dev-kubernetes" | "prod-kubernetes",
  more: Values = {},
): Promise<ClusterPlatform> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    const { home } = await findEngine();
    await ensureProvider(home, console.info);
    const plan = planStack(parsePlatformConfig(platformValues(stack, more)), stack);
    const items = plan.addons.flatMap((addon) => addon.plan.stages.flat());
    const mirror = await openChartMirror(
      items.flatMap((item) => (item.type === "release" ? item.chart : [])),
    );
    closers.push(mirror.close);
    const cluster = await startCluster();
    closers.push(cluster.stop);
    const operators = openOperators(cluster);
    closers.push(operators.close);
    const workspace = await openEngineWorkspace(repository.program, stack, { runTimeoutMs });
    // With the cluster all that the stack made is gone: nothing need be destroyed first.
    closers.push(() => rm(workspace.folder, { recursive: true, force: true }));
    const values = platformValues(stack, {
      "bedplate:cluster": { kubeconfig: cluster.kubeconfig },
      "bedplate:chartMirror": mirror.folder,
      ...more,
    });
    const policies = await configureStack(workspace, values);
    return {
      stack,
      cluster,
      workspace,
      problems: operators.problems,
      plan,
      up: (...args) => workspace.run("up", "--yes", "--skip-preview", ...policies, ...args),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
