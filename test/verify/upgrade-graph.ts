import { isDeepStrictEqual } from "node:util";
import { isDataBearing } from "../support/data-bearing.ts";
import type { RecordedResource } from "../support/recorded-program.ts";
import type { ReleasedResource } from "./release-state.ts";

/** Fields that cannot be changed in place, by the type's end; of every object its name and namespace. */
const fixedFields: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^kubernetes:(?!helm)/, ["metadata.name", "metadata.namespace"]],
  [/^kubernetes:helm\.sh\/v3:Release$/, ["name", "namespace"]],
  [
    /:PersistentVolumeClaim$/,
    ["spec.accessModes", "spec.storageClassName", "spec.volumeName", "spec.selector"],
  ],
  [
    /:StatefulSet$/,
    ["spec.serviceName", "spec.selector", "spec.volumeClaimTemplates", "spec.podManagementPolicy"],
  ],
];

const fieldOf = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((at, key) => Object(at)[key], value);

function changesOf(before: ReleasedResource, after: RecordedResource): string[] {
  const fields = fixedFields.flatMap(([type, paths]) => (type.test(before.type) ? paths : []));
  const changed = fields.filter(
    (path) => !isDeepStrictEqual(fieldOf(before.inputs, path), fieldOf(after.inputs, path)),
  );
  return [
    ...changed.map((path) => `would be replaced: ${path} changes`),
    ...(before.protect && !after.protect ? ["loses its protection"] : []),
    ...(before.retainOnDelete && !after.retainOnDelete ? ["would no longer stay when the stack goes"] : []),
  ];
}

/**
 * What today's program would do to the data of an earlier release, told by the graph alone: a resource that is no longer
 * asked for, under its name or an alias, is deleted; one whose fixed field changes is replaced.
 */
export function graphProblems(
  before: readonly ReleasedResource[],
  after: readonly RecordedResource[],
): string[] {
  const now = new Map(
    after.flatMap((each) => [each.urn, ...each.aliases].map((urn) => [urn, each] as const)),
  );
  return before.filter(isDataBearing).flatMap((each) => {
    const found = now.get(each.urn);
    const problems =
      found === undefined
        ? ["would be deleted: nothing of today has its name or an alias"]
        : changesOf(each, found);
    return problems.map((problem) => `${each.type} ${each.name} ${problem}`);
  });
}
