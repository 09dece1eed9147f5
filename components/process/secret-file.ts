import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { LocalResource } from "./local-resource.ts";

export interface SecretFileArgs {
  /** Absolute path of the file; its folder is made with mode 0700 when it is missing. */
  readonly path: string;
  /** Random bytes of a new secret; 32 when left out. */
  readonly bytes?: number;
  /** Keeps the file when the stack is destroyed; it goes away when left out. */
  readonly retain?: boolean;
  readonly labels: Labels;
}

/** A generated secret in a file of mode 0600. A file that is there is kept; the secret never reaches the state. */
export class SecretFile extends LocalResource {
  declare readonly path: pulumi.Output<string>;

  constructor(name: string, args: SecretFileArgs, options?: pulumi.CustomResourceOptions) {
    const { path, bytes = 32, retain = false, labels } = args;
    super("SecretFile", name, { path, bytes, retain, labels }, options);
  }
}

export interface SecretCopyArgs {
  /** Absolute path of the file. */
  readonly path: string;
  /** The secret, from the stack's config. */
  readonly value: pulumi.Input<string>;
  readonly labels: Labels;
}

/** A secret of the stack's config in a file of mode 0600, for a process to read; encrypted in the state. */
export class SecretCopy extends LocalResource {
  declare readonly path: pulumi.Output<string>;
  /** Changes with the secret. */
  declare readonly digest: pulumi.Output<string>;

  constructor(name: string, args: SecretCopyArgs, options?: pulumi.CustomResourceOptions) {
    const value = pulumi.secret(args.value);
    super(
      "SecretCopy",
      name,
      { ...args, value, digest: undefined },
      {
        ...options,
        additionalSecretOutputs: ["value", "digest"],
      },
    );
  }
}
