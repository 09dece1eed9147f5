import * as pulumi from "@pulumi/pulumi";
import { config } from "zod";
import { StackConfigError } from "./config-problems.ts";

/** Each schema is used once or twice in a run: to compile them first would take longer. */
config({ jitless: true });

type Values = Readonly<Record<string, unknown>>;

/** Pages of the kinds of stack; each is loaded only where it is chosen, so that none pays for another's packages. */
type Kind = (values: Values, stack: string) => pulumi.Inputs | Promise<pulumi.Inputs>;
const kinds: Readonly<Record<string, () => Promise<Kind>>> = {
  platform: async () => onCluster((await import("./platform.ts")).clusterPlatform),
  team: async () => onCluster((await import("./team.ts")).teamStack),
};

/** A stack that is made only where its cluster answers. Without an engine, as in tests of programs, nothing is asked. */
function onCluster(make: Kind): Kind {
  return async (values, stack) => {
    if (pulumi.runtime.getEngine() === undefined) return make(values, stack);
    const { reachCluster } = await import("./cluster/reach.ts");
    await reachCluster(values, stack);
    return make(values, stack);
  };
}

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
