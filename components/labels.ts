/** Whose a resource is, what it is for, and which stack made it; every resource of ours carries these. */
export interface Labels extends Readonly<Record<string, string>> {
  readonly "bedplate.dev/owner": string;
  readonly "bedplate.dev/environment": string;
  readonly "bedplate.dev/stack": string;
}

export interface LabelSource {
  readonly owner: string;
  readonly environment: string;
  readonly stack: string;
}

export function labelsOf({ owner, environment, stack }: LabelSource): Labels {
  return {
    "bedplate.dev/owner": owner,
    "bedplate.dev/environment": environment,
    "bedplate.dev/stack": stack,
  };
}
