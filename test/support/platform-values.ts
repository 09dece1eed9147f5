import { readFileSync } from "node:fs";
import { join } from "node:path";
import { images } from "@bedplate/components/images";
import { parse } from "yaml";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

/**
 * The config of a committed stack, `dev-kubernetes` or `prod-kubernetes`, with what a person must add: the platform's own
 * image and the digests of others, made up here because nothing pulls them, and secrets.
 */
export function platformValues(
  stack: string,
  overrides: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const file = join(import.meta.dirname, "../../stacks", `Pulumi.${stack}.yaml`);
  const { config }: { config: Record<string, unknown> } = parse(readFileSync(file, "utf8"));
  return {
    ...config,
    "bedplate:runtimeImage": `registry.example.com/bedplate@${digest("a")}`,
    "bedplate:imageDigests": Object.fromEntries(Object.keys(images).map((name) => [name, digest("b")])),
    ...overrides,
  };
}
