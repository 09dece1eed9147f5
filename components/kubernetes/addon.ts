import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import type { Item, Stage } from "./addon.plan.ts";
import type { Mirrors } from "./chart-source.plan.ts";
import { helmAddon } from "./helm-addon.ts";
import { kept } from "./kept.ts";
import { KubernetesObject } from "./kubernetes-object.ts";
import { createSecrets, type GivenSecrets } from "./secrets.ts";

export interface KubernetesAddonArgs {
  /** The engine's type of the component, `bedplate:<capability>:<Noun>`. */
  readonly type: `bedplate:${string}:${string}`;
  readonly stages: readonly Stage[];
  readonly mirrors: Mirrors;
  readonly secrets: GivenSecrets;
  /** Whether what holds data is protected, and left in the cluster when its stack goes. */
  readonly protectData: boolean;
  readonly labels: Labels;
  /** What must be ready first. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * One way to provide capabilities in a cluster, carried out from its stages: charts, then what their operators look after,
 * stage by stage. Deleted in the opposite order, so that no operator goes before its resources.
 */
export class KubernetesAddon extends pulumi.ComponentResource {
  constructor(name: string, args: KubernetesAddonArgs, options?: pulumi.ComponentResourceOptions) {
    super(args.type, name, {}, options);
    let before = args.after;
    for (const stage of args.stages) {
      const made = stage.flatMap((item) => this.create(item, args, before));
      if (made.length > 0) before = made;
    }
    this.registerOutputs({});
  }

  private create(
    item: Item,
    { mirrors, secrets, protectData, labels }: KubernetesAddonArgs,
    before: readonly pulumi.Resource[],
  ): readonly pulumi.Resource[] {
    const options: pulumi.CustomResourceOptions = { parent: this, dependsOn: [...before] };
    if (item.type === "secret")
      return createSecrets(item.secret, { given: secrets, protectData, labels }, options);
    const own = { ...options, ...kept(protectData && item.data === true) };
    if (item.type === "release") return [helmAddon(item, mirrors, own)];
    return [new KubernetesObject(item.manifest, labels, own)];
  }
}
