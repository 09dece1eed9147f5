import * as pulumi from "@pulumi/pulumi";
import { parseStackConfig, type StackConfig, StackConfigError } from "./config.ts";
import { localPlatform } from "./local.ts";

/** All config of this stack, unknown keys included; `pulumi.Config` answers only for keys that one asks for. */
function readConfig(): StackConfig {
  try {
    return parseStackConfig(pulumi.runtime.allConfig());
  } catch (error) {
    // A RunError is shown without a stack trace.
    throw error instanceof StackConfigError ? new pulumi.RunError(error.message) : error;
  }
}

export default function main(): pulumi.Inputs {
  return localPlatform(readConfig(), pulumi.getStack());
}
