/** What a shim is told on its standard input; it holds the job's token, so it is never an argument nor a file. */
export interface ShimOrder {
  /** Absolute path of the program, and its arguments. */
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly killGraceMs: number;
  readonly logPath: string;
  readonly logLimitBytes: number;
  readonly exitPath: string;
}
