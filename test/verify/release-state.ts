import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseShared } from "../golden/golden-file.ts";
import { isDataBearing } from "../support/data-bearing.ts";
import type { RecordedResource } from "../support/recorded-program.ts";

/** A resource of an earlier release's state, as far as an upgrade is judged by it. */
export type ReleasedResource = Pick<
  RecordedResource,
  "urn" | "type" | "name" | "custom" | "parent" | "protect" | "retainOnDelete" | "provider" | "inputs"
>;

/** What an earlier release's program made of a stack. */
export interface ReleaseState {
  /** The commit whose program it was. */
  readonly commit: string;
  readonly resources: readonly ReleasedResource[];
}

/** The file of a reference stack's state. */
export const releasePath = (stack: string) => join(import.meta.dirname, "releases", `${stack}.yaml`);

export const readRelease = (stack: string): ReleaseState =>
  parseShared(readFileSync(releasePath(stack), "utf8"));

/** What must be known of a state to judge an upgrade: what holds data, and whatever that is in or made through. */
export function releaseOf(resources: readonly RecordedResource[]): ReleasedResource[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const wanted = new Set<RecordedResource>();
  const want = (resource: RecordedResource | undefined) => {
    if (resource === undefined || wanted.has(resource)) return;
    wanted.add(resource);
    want(byUrn.get(resource.parent));
    want(byUrn.get(resource.provider.slice(0, resource.provider.lastIndexOf("::"))));
  };
  resources.filter(isDataBearing).forEach(want);
  return resources
    .filter((resource) => wanted.has(resource))
    .map(({ aliases: _aliases, ...resource }) => {
      // The text of a dynamic provider is the same for all, and put back where a state is made.
      const { __provider: _provider, ...inputs } = resource.inputs;
      return { ...resource, inputs };
    });
}
