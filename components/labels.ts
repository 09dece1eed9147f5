/** Whose a resource is, what it is for, and which stack made it; every resource of ours carries these. */
export interface Labels extends Readonly<Record<string, string>> {
  readonly "bedplate.dev/owner": string;
  readonly "bedplate.dev/environment": string;
  readonly "bedplate.dev/stack": string;
  /** Tells what one deployment made from everything else in a cluster; absent on one machine. */
  readonly "bedplate.dev/deployment"?: string;
}

export interface LabelSource {
  readonly owner: string;
  readonly environment: string;
  readonly stack: string;
  readonly deployment?: string;
}

export function labelsOf({ owner, environment, stack, deployment }: LabelSource): Labels {
  return {
    "bedplate.dev/owner": owner,
    "bedplate.dev/environment": environment,
    "bedplate.dev/stack": stack,
    ...(deployment !== undefined && { "bedplate.dev/deployment": deployment }),
  };
}
