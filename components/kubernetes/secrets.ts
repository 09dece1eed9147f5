import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import type { ConfigSecret, SecretCopyPlan, SecretPlan } from "./addon.plan.ts";
import { kept } from "./kept.ts";
import { KubernetesObject } from "./kubernetes-object.ts";
import { SecretValues } from "./secret-values.ts";

/** Secrets of the stack's config, by their key. */
export type GivenSecrets = Partial<Readonly<Record<ConfigSecret, pulumi.Input<string>>>>;

type Parts = pulumi.Output<Record<string, string>>;

const filled = (template: string, parts: Readonly<Record<string, string>>) =>
  template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => parts[name] ?? whole);

/** What making Secrets needs to know beside their plan. */
export interface SecretsContext {
  readonly given: GivenSecrets;
  /** Whether what holds data needs is protected, and left when the stack goes. */
  readonly protectData: boolean;
  readonly labels: Labels;
}

function generated(
  plan: SecretPlan,
  { protectData, labels }: SecretsContext,
  { parent }: pulumi.CustomResourceOptions,
): Parts {
  const none: Record<string, string> = {};
  if (Object.keys(plan.generate).length === 0) return pulumi.output(none);
  const isNeeded = plan.copies.some((copy) => copy.isNeeded === true);
  const options = { ...(parent !== undefined && { parent }), ...kept(protectData && isNeeded) };
  return new SecretValues(plan.name, { generate: plan.generate, labels }, options).values;
}

function partsOf(plan: SecretPlan, context: SecretsContext, options: pulumi.CustomResourceOptions): Parts {
  const told: Record<string, pulumi.Input<string>> = {};
  for (const [name, key] of Object.entries(plan.given ?? {})) told[name] = context.given[key] ?? "";
  const both = pulumi.all([generated(plan, context, options), pulumi.output(told)]);
  return pulumi.secret(both.apply(([made, known]) => ({ ...made, ...known })));
}

function copyOf(copy: SecretCopyPlan, parts: Parts) {
  const { name, namespace, data, type = "Opaque", labels } = copy;
  const stringData = parts.apply((known) =>
    Object.fromEntries(Object.entries(data).map(([key, template]) => [key, filled(template, known)])),
  );
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, ...(labels && { labels }) },
    type,
    stringData,
  };
}

/** Makes the values of a plan once and the Secrets that hold them; the values are encrypted in the state. */
export function createSecrets(
  plan: SecretPlan,
  context: SecretsContext,
  options: pulumi.CustomResourceOptions,
): readonly pulumi.Resource[] {
  const parts = partsOf(plan, context, options);
  return plan.copies.map((copy) => {
    const own = { ...options, ...kept(context.protectData && copy.isNeeded === true) };
    return new KubernetesObject(copyOf(copy, parts), context.labels, own);
  });
}
