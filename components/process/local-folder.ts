import type * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { LocalResource } from "./local-resource.ts";

export interface LocalFolderArgs {
  /** Absolute path. */
  readonly path: string;
  /** Layout version that the folder carries in a file `version`; a folder with another one is refused. None when left out. */
  readonly layoutVersion?: number;
  /** With `layoutVersion`, the entries that a folder without a version may hold and still be taken. None when left out. */
  readonly layout?: readonly string[];
  readonly labels: Labels;
}

/** A folder of mode 0700 on this machine. Its content outlives the stack; an empty one is removed. */
export class LocalFolder extends LocalResource {
  declare readonly path: pulumi.Output<string>;

  constructor(name: string, args: LocalFolderArgs, options?: pulumi.CustomResourceOptions) {
    super("LocalFolder", name, { ...args }, options);
  }
}
