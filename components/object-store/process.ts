import type { ObjectStoreConnection } from "@bedplate/contract";
import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { LocalFolder } from "../process/local-folder.ts";

export interface FolderObjectStoreArgs {
  /** Absolute path of the folder. */
  readonly path: string;
  readonly labels: Labels;
}

/**
 * An object store that is a folder of this machine. Its objects outlive the stack. Costs disk only.
 *
 *     const objects = new FolderObjectStore("objects", { path: "/srv/bedplate/objects", labels });
 */
export class FolderObjectStore extends pulumi.ComponentResource {
  readonly connection: pulumi.Output<ObjectStoreConnection>;

  constructor(name: string, args: FolderObjectStoreArgs, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:object-store:FolderObjectStore", name, {}, options);
    new LocalFolder(`${name}-folder`, { ...args }, { parent: this });
    this.connection = pulumi.output<ObjectStoreConnection>({ kind: "file", path: args.path });
    this.registerOutputs({ connection: this.connection });
  }
}
