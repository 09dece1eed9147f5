import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packConfig } from "@bedplate/cli/policy/pack-config.plan.ts";
import { policySettings } from "@bedplate/contract";
import { ruleTexts } from "@bedplate/policies/rules/index.ts";
import { repository } from "../engine/engine-workspace.ts";
import { platformValues } from "../support/platform-values.ts";
import { openPreviewCluster } from "../support/preview-workspace.ts";

/**
 * Previews the production stack once with the real engine, provider and API server, the policy pack on as the stack has
 * it; prints seconds and how many resources there are. The bench for previews runs it.
 */
const stack = "prod-kubernetes";
const cluster = await openPreviewCluster();
try {
  const workspace = await cluster.open(stack);
  const settings = policySettings.parse(platformValues(stack)["bedplate:policies"] ?? {});
  const known = ruleTexts.map(({ id }) => id);
  const policies = join(workspace.folder, "policies.json");
  await writeFile(policies, JSON.stringify(packConfig(settings, known)));
  const pack = ["--policy-pack", repository.policies, "--policy-pack-config", policies];
  const { exitCode, output, wallMs } = await workspace.run("preview", ...pack);
  const made = /\+ (\d+) to create/.exec(output)?.[1];
  if (exitCode !== 0 || made === undefined) throw new Error(output.slice(-4_000));
  // The stack itself is counted too, and is no resource of anybody.
  console.log(JSON.stringify({ seconds: wallMs / 1_000, resources: Number(made) - 1, note: cluster.note }));
} finally {
  await cluster.close();
}
