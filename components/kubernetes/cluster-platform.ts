import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { KubernetesAddon, type KubernetesAddonArgs } from "./addon.ts";
import type { Mirrors } from "./chart-source.plan.ts";
import { Namespaces } from "./namespaces.ts";
import type { PlatformPlan } from "./planner.plan.ts";
import type { GivenSecrets } from "./secrets.ts";

/** Which cluster a stack works on. */
export interface ClusterAccess {
  /** Path of a kubeconfig file; `KUBECONFIG` or `~/.kube/config` when left out. */
  readonly kubeconfig?: string | undefined;
  /** A context of it; the current one when left out. */
  readonly context?: string | undefined;
}

export interface ClusterPlatformArgs extends Mirrors {
  readonly plan: PlatformPlan;
  readonly access: ClusterAccess;
  readonly podSecurityVersion: string;
  readonly secrets: GivenSecrets;
  readonly protectData: boolean;
  readonly labels: Labels;
}

/** The engine's way into a cluster, with room for many objects at once. */
export function clusterProvider(access: ClusterAccess, options?: pulumi.ResourceOptions): Provider {
  return new Provider(
    "cluster",
    {
      ...(access.kubeconfig !== undefined && { kubeconfig: access.kubeconfig }),
      ...(access.context !== undefined && { context: access.context }),
      enableServerSideApply: true,
      kubeClientSettings: { qps: 100, burst: 200, timeout: 60 },
      suppressHelmHookWarnings: true,
    },
    options,
  );
}

/**
 * One object that every cluster has and that tells nobody anything, read before anything is made or previewed: a cluster
 * that does not answer, or does not know who asks, is one error then, and not one for every resource.
 */
export class ClusterAnswer extends pulumi.CustomResource {
  constructor(options: pulumi.CustomResourceOptions) {
    const [namespace, name] = ["default", "kube-root-ca.crt"];
    super(
      "kubernetes:core/v1:ConfigMap",
      "cluster-answers",
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } },
      { ...options, id: `${namespace}/${name}` },
    );
  }
}

/**
 * A platform in a cluster that is there already: its namespaces first, then every add-on after those that it builds on.
 * What it costs is what its pods ask for; the page about the platform has a table.
 *
 *     new ClusterPlatform("platform", { plan, access: { context: "prod" }, podSecurityVersion: "v1.37", secrets: {},
 *       protectData: true, labels });
 */
export class ClusterPlatform extends pulumi.ComponentResource {
  constructor(name: string, args: ClusterPlatformArgs, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:platform:ClusterPlatform", name, {}, options);
    const provider = clusterProvider(args.access, { parent: this });
    const { plan, podSecurityVersion, protectData, labels } = args;
    const within = { parent: this, providers: { kubernetes: provider } };
    const namespaces = new Namespaces(
      "namespaces",
      {
        namespaces: plan.namespaces,
        podSecurityVersion,
        protectData,
        labels,
        after: [new ClusterAnswer({ parent: this, provider })],
      },
      within,
    );
    for (const warning of plan.warnings) pulumi.log.warn(warning, this);
    const made = new Map<string, pulumi.Resource>();
    for (const addon of plan.addons) {
      const after = [namespaces, ...addon.waitsFor.flatMap((other) => made.get(other) ?? [])];
      const { name: own, type } = addon;
      made.set(own, this.create(own, { type, stages: addon.plan.stages, after }, args, within));
    }
    // Monitors are of everything, and need only that Prometheus's operator is there to read them.
    if (plan.monitors.length > 0) {
      const after = [namespaces, ...plan.monitoring.flatMap((own) => made.get(own) ?? [])];
      const type = "bedplate:monitoring:Monitors";
      this.create("monitors", { type, stages: [plan.monitors], after }, args, within);
    }
    this.registerOutputs({});
  }

  private create(
    name: string,
    addon: Pick<KubernetesAddonArgs, "type" | "stages" | "after">,
    { chartMirror, imageMirror, secrets, protectData, labels }: ClusterPlatformArgs,
    within: pulumi.ComponentResourceOptions,
  ): KubernetesAddon {
    return new KubernetesAddon(
      name,
      { ...addon, mirrors: { chartMirror, imageMirror }, secrets, protectData, labels },
      within,
    );
  }
}
