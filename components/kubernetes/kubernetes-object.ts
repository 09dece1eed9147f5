import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { identityOf, type Manifest, typeToken, waitFor } from "./manifest.plan.ts";

/** The engine's name of an object: unique in a stack because its identity is in the cluster. */
const resourceName = (manifest: Manifest) => identityOf(manifest).replaceAll("/", "-").toLowerCase();

const managedBy = { "app.kubernetes.io/managed-by": "bedplate" };

/**
 * One object of a cluster, made from plain data. The engine's type is the one that the SDK of Kubernetes gives it; that
 * SDK's own classes, some thousands, are not loaded for it.
 */
export class KubernetesObject extends pulumi.CustomResource {
  constructor(manifest: Manifest, labels: Labels, options: pulumi.CustomResourceOptions) {
    const { metadata } = manifest;
    const wait = waitFor(manifest);
    const annotations = {
      ...metadata.annotations,
      ...(wait !== undefined && { "pulumi.com/waitFor": wait }),
    };
    super(
      typeToken(manifest),
      resourceName(manifest),
      {
        ...manifest,
        metadata: {
          ...metadata,
          labels: { ...managedBy, ...labels, ...metadata.labels },
          ...(Object.keys(annotations).length > 0 && { annotations }),
        },
      },
      {
        ...options,
        ...(manifest.kind === "Secret" && { additionalSecretOutputs: ["data", "stringData"] }),
      },
    );
  }
}
