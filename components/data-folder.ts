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
 * The folder of this machine that holds everything of a `local` stack, with the administrator's token. Both outlive the
 * stack, so that its next start finds the data and clients keep their token. Costs disk only.
 *
 *     const data = new DataFolder("data", { path: "/srv/bedplate", labels });
 */
export class DataFolder extends pulumi.ComponentResource {
  readonly path: pulumi.Output<string>;
  readonly tokenFile: pulumi.Output<string>;
  /** Where things lie in it. */
  readonly plan: DataFolderPlan;

  constructor(name: string, args: DataFolderArgs, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:data-folder:DataFolder", name, {}, options);
    this.plan = planDataFolder(args.path);
    const root = this.createRoot(name, args.labels);
    const token = this.createToken(name, args.labels, root);
    this.path = root.path;
    this.tokenFile = token.path;
    this.registerOutputs({ path: this.path, tokenFile: this.tokenFile });
  }

  private createRoot(name: string, labels: Labels): LocalFolder {
    const { root: path, layoutVersion, layout } = this.plan;
    return new LocalFolder(`${name}-root`, { path, layoutVersion, layout, labels }, { parent: this });
  }

  private createToken(name: string, labels: Labels, root: LocalFolder): SecretFile {
    const { adminToken: path } = this.plan;
    return new SecretFile(
      `${name}-admin-token`,
      { path, retain: true, labels },
      { parent: this, dependsOn: root },
    );
  }
}
