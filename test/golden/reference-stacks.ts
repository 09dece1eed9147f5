import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "@bedplate/tools/engine";
import { parse } from "yaml";
import { platformValues } from "../support/platform-values.ts";
import { type RecordedResource, recordProgram } from "../support/recorded-program.ts";

const committed = (stack: string): Record<string, unknown> =>
  parse(readFileSync(join(repositoryRoot, "stacks", `Pulumi.${stack}.yaml`), "utf8")).config;

/** The committed stacks, each with what a person must add. */
const configs: Readonly<Record<string, () => Record<string, unknown>>> = {
  local: () => committed("local"),
  "dev-kubernetes": () => platformValues("dev-kubernetes"),
  "prod-kubernetes": () => platformValues("prod-kubernetes"),
  "team-vision": () => committed("team-vision"),
};

export const referenceStacks = Object.keys(configs);

/** Where this checkout and its Node are does not matter to anybody else. */
function movable<T>(value: T): T {
  const paths = [
    [process.execPath, "/node"],
    [repositoryRoot, "/repository"],
  ] as const;
  const text = paths.reduce(
    (all, [path, name]) => all.replaceAll(JSON.stringify(path).slice(1, -1), name),
    JSON.stringify(value),
  );
  return JSON.parse(text);
}

/** What today's program registers for a reference stack, secrets as `[secret]`. */
export async function recordReference(stack: string): Promise<readonly RecordedResource[]> {
  const config = configs[stack];
  if (config === undefined)
    throw new Error(`there is no reference stack ${stack}: ${referenceStacks.join(", ")}`);
  // A team reads its platform's outputs, which are made by its program alone.
  const platform =
    String(config()["bedplate:platform"] ?? "")
      .split("/")
      .at(-1) ?? "";
  const outputs =
    configs[platform] === undefined ? {} : (await recordProgram(platform, configs[platform]())).outputs;
  const { resources } = await recordProgram(stack, config(), () => outputs);
  return movable(resources);
}
