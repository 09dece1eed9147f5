import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { kept } from "./kept.ts";
import { KubernetesObject } from "./kubernetes-object.ts";
import { type NamespacePlan, namespaceManifests } from "./namespace.plan.ts";

export interface NamespacesArgs {
  readonly namespaces: readonly NamespacePlan[];
  /** Version of Kubernetes whose Pod Security rules hold, such as `v1.37`. */
  readonly podSecurityVersion: string;
  /** Whether namespaces that hold data are protected, and left in the cluster when the stack goes. */
  readonly protectData: boolean;
  readonly labels: Labels;
  /** What must be ready first. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * Namespaces, each judged by Pod Security and closed to the network but for what is named. Made before anything that
 * lives in them, and owned here alone, so that no two charts make the same one. Costs nothing.
 */
export class Namespaces extends pulumi.ComponentResource {
  constructor(name: string, args: NamespacesArgs, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:network:Namespaces", name, {}, options);
    for (const plan of args.namespaces) this.create(plan, args);
    this.registerOutputs({});
  }

  private create(
    plan: NamespacePlan,
    { podSecurityVersion, protectData, labels, after }: NamespacesArgs,
  ): void {
    const [namespace, ...policies] = namespaceManifests(plan, podSecurityVersion);
    if (namespace === undefined) return;
    const made = new KubernetesObject(namespace, labels, {
      parent: this,
      dependsOn: [...after],
      ...kept(protectData && plan.holdsData === true),
    });
    for (const policy of policies) new KubernetesObject(policy, labels, { parent: this, dependsOn: made });
  }
}
