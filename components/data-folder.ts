import * as pulumi from "@pulumi/pulumi";
import { type DataFolderPlan, planDataFolder } from "./data-folder.plan.ts";
import type { Labels } from "./labels.ts";
import { LocalFolder } from "./process/local-folder.ts";
import { SecretFile } from "./process/secret-file.ts";

export interface DataFolderArgs {
  /** Absolute path. */
  readonly path: string;
  readonly labels: Labels;
}

/**
 * The folder of this machine that holds everything of a `local` stack, with the administrator's token and the key that
 * the service seals secrets with. All outlive the stack, so that its next start finds the data and can read it, and
 * clients keep their token. Costs disk only.
 *
 *     const data = new DataFolder("data", { path: "/srv/bedplate", labels });
 */
export class DataFolder extends pulumi.ComponentResource {
  readonly path: pulumi.Output<string>;
  readonly tokenFile: pulumi.Output<string>;
  readonly sealKeyFile: pulumi.Output<string>;
  /** Where things lie in it. */
  readonly plan: DataFolderPlan;

  constructor(name: string, args: DataFolderArgs, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:data-folder:DataFolder", name, {}, options);
    this.plan = planDataFolder(args.path);
    const root = this.createRoot(name, args.labels);
    const token = this.createSecret(`${name}-admin-token`, this.plan.adminToken, args.labels, root);
    const key = this.createSecret(`${name}-seal-key`, this.plan.sealKey, args.labels, root);
    this.path = root.path;
    this.tokenFile = token.path;
    this.sealKeyFile = key.path;
    this.registerOutputs({ path: this.path, tokenFile: this.tokenFile, sealKeyFile: this.sealKeyFile });
  }

  private createRoot(name: string, labels: Labels): LocalFolder {
    const { root: path, layoutVersion, layout } = this.plan;
    return new LocalFolder(`${name}-root`, { path, layoutVersion, layout, labels }, { parent: this });
  }

  private createSecret(name: string, path: string, labels: Labels, root: LocalFolder): SecretFile {
    return new SecretFile(name, { path, retain: true, labels }, { parent: this, dependsOn: root });
  }
}
