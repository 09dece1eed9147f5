import type { TrainingConnection } from "@bedplate/contract";
import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { LocalFolder } from "../process/local-folder.ts";

export interface ProcessTrainingArgs {
  /** Absolute path of the folder that holds one folder a job. */
  readonly path: string;
  /** Absolute path of the folder that programs may be started from. */
  readonly programRoot: string;
  readonly labels: Labels;
}

/**
 * Training as bounded child processes of the runtime on this machine. Logs and results outlive the stack. Costs disk only.
 *
 *     const training = new ProcessTraining("training", { path: "/srv/bedplate/training", programRoot: "/srv/code", labels });
 */
export class ProcessTraining extends pulumi.ComponentResource {
  readonly connection: pulumi.Output<TrainingConnection>;

  constructor(name: string, args: ProcessTrainingArgs, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:training:ProcessTraining", name, {}, options);
    const { path, programRoot, labels } = args;
    new LocalFolder(`${name}-folder`, { path, labels }, { parent: this });
    this.connection = pulumi.output<TrainingConnection>({ kind: "process", path, programRoot });
    this.registerOutputs({ connection: this.connection });
  }
}
