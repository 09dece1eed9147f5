import * as pulumi from "@pulumi/pulumi";
import { type LocalKind, providerSource } from "./provider-source.ts";

/** A resource of this machine, kept by the plain provider of its kind. */
export abstract class LocalResource extends pulumi.CustomResource {
  constructor(
    kind: LocalKind,
    name: string,
    properties: pulumi.Inputs,
    options?: pulumi.CustomResourceOptions,
  ) {
    super(
      `pulumi-nodejs:dynamic/bedplate:${kind}`,
      name,
      { ...properties, __provider: providerSource(kind) },
      options,
    );
  }
}
