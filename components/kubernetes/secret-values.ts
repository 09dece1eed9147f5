import type * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { LocalResource } from "../process/local-resource.ts";

export interface SecretValuesArgs {
  /** Parts to make: name to random bytes, or `ec-p256` for a private key in PEM. */
  readonly generate: Readonly<Record<string, number | "ec-p256">>;
  readonly labels: Labels;
}

/** Secret values that are made once; parts that join later leave the others as they are. Encrypted in the state. */
export class SecretValues extends LocalResource {
  declare readonly values: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: SecretValuesArgs, options?: pulumi.CustomResourceOptions) {
    super(
      "SecretValues",
      name,
      { ...args, values: undefined },
      { ...options, additionalSecretOutputs: ["values"] },
    );
  }
}
