import type { GivenSecrets } from "@bedplate/components/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Secrets of a config as the engine must treat them: encrypted wherever they go. */
export function secretInputs(secrets: Readonly<Record<string, string | undefined>>): GivenSecrets {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => [name, pulumi.secret(value ?? "")]),
  );
}
