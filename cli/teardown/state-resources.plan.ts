import { z } from "zod";
import { type ClusterObject, type Deployment, deploymentLabel, objectName } from "./orphans.plan.ts";
import type { StateResource } from "./phases.plan.ts";

const resource = z.object({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean().default(false),
  parent: z.string().optional(),
  provider: z.string().optional(),
  dependencies: z.array(z.string()).nullish(),
  protect: z.boolean().default(false),
  retainOnDelete: z.boolean().default(false),
  inputs: z.record(z.string(), z.unknown()).nullish(),
});

/** The part of `pulumi stack export` that is needed. */
const exported = z.object({
  deployment: z.object({ resources: z.array(resource).nullish() }),
});

/** The resources in what `pulumi stack export` prints. Throws a `ZodError` for what is none. */
export function readExport(json: string): StateResource[] {
  const { deployment } = exported.parse(JSON.parse(json));
  return (deployment.resources ?? []).map(({ dependencies, inputs, ...rest }) => ({
    ...rest,
    dependencies: dependencies ?? [],
    inputs: inputs ?? {},
  }));
}

/** What tells an object of Kubernetes from all others, and whose it is. */
export const kubernetesObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
});

/** The object of a cluster that a resource is; a chart's release is none. */
function objectOf({ type, inputs }: StateResource): Omit<ClusterObject, "spec"> | undefined {
  if (!type.startsWith("kubernetes:")) return undefined;
  return kubernetesObject.safeParse(inputs).data;
}

/** What the state knows of deployments: usually of one. */
export function deploymentsOf(resources: readonly StateResource[]): Deployment[] {
  const objects = resources.flatMap((each) => {
    const object = objectOf(each);
    return object === undefined ? [] : [{ object, isKept: each.retainOnDelete }];
  });
  const ids = new Set(objects.flatMap(({ object }) => object.metadata.labels?.[deploymentLabel] ?? []));
  return [...ids].map((id) => {
    const own = objects.filter(({ object }) => object.metadata.labels?.[deploymentLabel] === id);
    return {
      id,
      namespaces: new Set(
        own.flatMap(({ object }) => (object.kind === "Namespace" ? [object.metadata.name] : [])),
      ),
      keeps: new Set(own.flatMap(({ object, isKept }) => (isKept ? [objectName(object)] : []))),
    };
  });
}
