import type * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { LocalResource } from "./local-resource.ts";
import type { Listener } from "./port.ts";

export interface LocalProcessArgs {
  /** Program and arguments; no shell. */
  readonly command: readonly string[];
  /** Absolute path of the folder that it runs in. */
  readonly workingDirectory: string;
  /** Its environment beside PATH, HOME, LANG, TZ and TMPDIR; no secrets, only the paths of the files that hold them. */
  readonly environment: pulumi.Input<Record<string, string>>;
  /** Addresses that it listens on; a taken one is refused before anything is made. */
  readonly listeners: readonly Listener[];
  /** Answers 2xx once it is ready. */
  readonly healthUrl: string;
  /** Time until it must be healthy; 60 s when left out. */
  readonly startTimeoutMs?: number;
  /** Time between SIGTERM and SIGKILL; 20 s when left out. */
  readonly stopTimeoutMs?: number;
  /** Absolute path of the file that its standard output and error are appended to. */
  readonly logPath: string;
  /** A log larger than this moves to `<logPath>.1` at the next start; 64 MiB when left out. */
  readonly logLimitBytes?: number;
  /** Absolute path of the file that says which process it is. */
  readonly recordPath: string;
  /** Folder with one folder a child, each with a `process.json`; they are ended with it on delete. None when left out. */
  readonly childRecordsPath?: string;
  /** Anything whose change restarts it, such as the revision of a file that it reads once. Nothing when left out. */
  readonly restartOn?: readonly pulumi.Input<string>[];
  readonly labels: Labels;
}

/**
 * A process of this machine that outlives the engine: started detached, waited for until healthy, started again when a
 * refresh or an `up` finds it dead, restarted when its settings change, ended gracefully on delete.
 */
export class LocalProcess extends LocalResource {
  /** Process number. */
  declare readonly pid: pulumi.Output<number>;

  constructor(name: string, args: LocalProcessArgs, options?: pulumi.CustomResourceOptions) {
    const { startTimeoutMs = 60_000, stopTimeoutMs = 20_000, logLimitBytes = 64 * 1024 * 1024 } = args;
    const limits = { startTimeoutMs, stopTimeoutMs, logLimitBytes };
    super("LocalProcess", name, { ...args, ...limits, name, pid: undefined, startTicks: undefined }, options);
  }
}
