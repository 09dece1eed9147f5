/** A Pulumi engine that can run this repository's programs. */
export interface Engine {
  /** Absolute path of the executable. */
  readonly command: string;
  readonly version: string;
  /** How it was come by. */
  readonly source: "path" | "cache" | "download" | "built";
  /** `PULUMI_HOME`. */
  readonly home: string;
}
