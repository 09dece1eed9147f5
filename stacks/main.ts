import * as pulumi from "@pulumi/pulumi";
import { StackConfigError } from "./config-problems.ts";

type Values = Readonly<Record<string, unknown>>;

/** Pages of the kinds of stack; each is loaded only where it is chosen, so that none pays for another's packages. */
type Kind = (values: Values, stack: string) => pulumi.Inputs | Promise<pulumi.Inputs>;
const kinds: Readonly<Record<string, () => Promise<Kind>>> = {
  platform: async () => (await import("./platform.ts")).clusterPlatform,
  team: async () => (await import("./team.ts")).teamStack,
};

const local = async (): Promise<Kind> => (await import("./local.ts")).localStack;

/** All config of this stack, unknown keys included; `pulumi.Config` answers only for keys that one asks for. */
export default async function main(): Promise<pulumi.Inputs> {
  const values: Values = pulumi.runtime.allConfig();
  try {
    const stack = await (kinds[String(values["bedplate:kind"])] ?? local)();
    return await stack(values, pulumi.getStack());
  } catch (error) {
    // A RunError is shown without a stack trace.
    throw error instanceof StackConfigError ? new pulumi.RunError(error.message) : error;
  }
}
