import * as pulumi from "@pulumi/pulumi";
import { KubernetesAddon } from "../kubernetes/addon.ts";
import { type ClusterAccess, ClusterAnswer, clusterProvider } from "../kubernetes/cluster-platform.ts";
import { Namespaces } from "../kubernetes/namespaces.ts";
import type { GivenSecrets } from "../kubernetes/secrets.ts";
import type { Labels } from "../labels.ts";
import type { TeamPlan } from "./team.plan.ts";

export interface TeamArgs {
  readonly plan: TeamPlan;
  readonly access: ClusterAccess;
  /** Version of Kubernetes whose Pod Security rules hold, such as `v1.37`. */
  readonly podSecurityVersion: string;
  readonly secrets: GivenSecrets;
  /** Whether what holds data is protected, and left in the cluster when the team's stack goes. */
  readonly protectData: boolean;
  readonly labels: Labels;
}

/**
 * A team on a platform: its namespace, and in it and in the platform's stores everything that it has. Nothing of it can be
 * reached by another team. Costs what its pods ask for, up to its quota.
 *
 *     new Team("vision", { plan, access: {}, podSecurityVersion: "v1.37", secrets: {}, protectData: true, labels });
 */
export class Team extends pulumi.ComponentResource {
  constructor(name: string, args: TeamArgs, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:team:Team", name, {}, options);
    const { plan, access, podSecurityVersion, secrets, protectData, labels } = args;
    const provider = clusterProvider(access, { parent: this });
    const within = { parent: this, providers: { kubernetes: provider } };
    const namespaces = new Namespaces(
      `${name}-namespace`,
      {
        namespaces: [plan.namespace],
        podSecurityVersion,
        protectData,
        labels,
        after: [new ClusterAnswer({ parent: this, provider })],
      },
      within,
    );
    for (const [chain, stages] of Object.entries(plan.chains)) {
      new KubernetesAddon(
        `${name}-${chain}`,
        {
          type: "bedplate:team:Share",
          stages,
          mirrors: {},
          secrets,
          protectData,
          labels,
          after: [namespaces],
        },
        within,
      );
    }
    this.registerOutputs({});
  }
}
