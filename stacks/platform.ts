import { labelsOf } from "@bedplate/components";
import { ClusterPlatform } from "@bedplate/components/kubernetes";
import { type ClusterPlatformOutputs, clusterPlatformOutputs } from "@bedplate/contract";
import type * as pulumi from "@pulumi/pulumi";
import { parsePlatformConfig } from "./platform-config.ts";
import { planStack, settingsOf } from "./platform-plan.ts";
import { secretInputs } from "./secret-inputs.ts";
import { withShortTraces } from "./short-traces.ts";

/** The platform in a cluster that is there already. Throws a `StackConfigError` with every problem at once. */
export function clusterPlatform(values: Readonly<Record<string, unknown>>, stack: string): pulumi.Inputs {
  const config = parsePlatformConfig(values);
  const settings = settingsOf(config, stack);
  const plan = planStack(config, stack);
  const {
    owner,
    environment,
    production,
    deployment,
    podSecurityVersion,
    chartMirror,
    imageMirror,
    release,
  } = settings;
  withShortTraces(
    () =>
      new ClusterPlatform("platform", {
        plan,
        access: config.cluster,
        podSecurityVersion,
        chartMirror,
        imageMirror,
        secrets: secretInputs(config.secrets),
        protectData: config.protectData ?? production,
        labels: labelsOf({ owner, environment, stack, deployment }),
      }),
  );
  return clusterPlatformOutputs.parse({
    version: 2,
    stack,
    release,
    owner,
    environment,
    deployment,
    production,
    podSecurityVersion,
    connections: plan.connections,
  } satisfies ClusterPlatformOutputs);
}
