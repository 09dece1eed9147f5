import type { Connections, ServingConnection } from "@bedplate/contract";
import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { LocalProcess } from "../process/local-process.ts";
import { planEnvironment, planRuntime, type RuntimeSettings } from "./process.plan.ts";

export interface RuntimeServingArgs {
  /** Absolute path of the Node program that runs the service. */
  readonly node: string;
  /** Absolute path of the service's entry point. */
  readonly program: string;
  /** Absolute path of the folder that it runs in. */
  readonly workingDirectory: string;
  /** The service's settings; the rest of them has defaults. */
  readonly settings: RuntimeSettings;
  /** What it works with. */
  readonly connections: { readonly [Name in keyof Connections]: pulumi.Output<Connections[Name]> };
  /** Absolute path of its log. */
  readonly logPath: string;
  /** Absolute path of the file that says which process it is. */
  readonly recordPath: string;
  /** Folder of the training jobs' process records; the jobs are ended with the service on delete. None when left out. */
  readonly childRecordsPath?: string;
  /** Absolute path of a folder for compiled modules, which makes the next start cheaper; none is used when left out. */
  readonly compileCachePath?: string;
  /** Anything whose change restarts the service, beside its settings. Nothing when left out. */
  readonly restartOn?: readonly pulumi.Input<string>[];
  /** Time until the service must be ready; 60 s when left out. */
  readonly startTimeoutMs?: number;
  readonly labels: Labels;
}

/**
 * The runtime as a process of this machine: registry, training dispatch and predictions at one URL. Started again when
 * it has died, restarted when its settings change. Costs nothing.
 *
 *     const serving = new RuntimeServing("serving", { node: process.execPath, program, workingDirectory, settings,
 *       connections, logPath, recordPath, labels });
 */
export class RuntimeServing extends pulumi.ComponentResource {
  readonly connection: pulumi.Output<ServingConnection>;
  /** Process number of the runtime. */
  readonly pid: pulumi.Output<number>;

  constructor(name: string, args: RuntimeServingArgs, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:serving:RuntimeServing", name, {}, options);
    const plan = planRuntime(args.node, args.program, args.settings);
    const runtime = this.createProcess(name, args, plan);
    this.pid = runtime.pid;
    this.connection = pulumi.output<ServingConnection>({
      kind: "runtime",
      url: plan.url,
      grpcAddress: plan.grpcAddress,
      tokenFile: args.settings.adminTokenFile,
    });
    this.registerOutputs({ connection: this.connection, pid: this.pid });
  }

  private createProcess(
    name: string,
    args: RuntimeServingArgs,
    plan: ReturnType<typeof planRuntime>,
  ): LocalProcess {
    const { workingDirectory, logPath, recordPath, childRecordsPath, restartOn, startTimeoutMs, labels } =
      args;
    const { command, healthUrl, listeners, stopTimeoutMs } = plan;
    const environment = pulumi
      .output({ ...args.connections })
      .apply((connections) => planEnvironment(args.settings, connections, args.compileCachePath));
    return new LocalProcess(
      `${name}-runtime`,
      {
        command,
        workingDirectory,
        environment,
        listeners,
        healthUrl,
        stopTimeoutMs,
        logPath,
        recordPath,
        labels,
        ...(childRecordsPath !== undefined && { childRecordsPath }),
        ...(restartOn !== undefined && { restartOn }),
        ...(startTimeoutMs !== undefined && { startTimeoutMs }),
      },
      { parent: this },
    );
  }
}
