import { type Fields, fieldsOf, isUnknown, itemsOf, numberOf, quote } from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { defineStackRule, type ResourceView, type StackViolation } from "../../lib/rule.ts";

const buckets = /^aws:s3\/bucket(V2)?:Bucket(V2)?$/;
const lifecycles = /^aws:s3\/bucketLifecycleConfiguration(V2)?:/;

/** AWS keeps what happens to old objects in a resource of its own, which names the bucket. */
function awsBuckets(resources: readonly ResourceView[]): readonly StackViolation[] {
  const named = resources
    .filter(({ type }) => lifecycles.test(type))
    .map(({ properties }) => fieldsOf(properties).bucket);
  return resources
    .filter(({ type }) => buckets.test(type))
    .filter(({ properties }) => {
      const { bucket, lifecycleRules } = fieldsOf(properties);
      if (isUnknown(lifecycleRules) || itemsOf(lifecycleRules).length > 0) return false;
      // Names that the engine makes up are unknown in a preview: as many as there are, as many are answered for.
      return !(
        named.some((name) => isUnknown(name) || name === bucket) ||
        ((bucket === undefined || isUnknown(bucket)) && named.length > 0)
      );
    })
    .map((resource) => ({ resource, message: "no lifecycle says how long its objects are kept: add one" }));
}

function gcpBuckets(resources: readonly ResourceView[]): readonly StackViolation[] {
  return resources
    .filter(({ type }) => type === "gcp:storage/bucket:Bucket")
    .filter(({ properties }) => {
      const { lifecycleRules } = fieldsOf(properties);
      return !isUnknown(lifecycleRules) && itemsOf(lifecycleRules).length === 0;
    })
    .map((resource) => ({ resource, message: "lifecycleRules is empty: say how long its objects are kept" }));
}

function topic({ spec }: Fields): string[] {
  const { config } = fieldsOf(spec);
  const { "retention.ms": kept, "cleanup.policy": policy } = fieldsOf(config);
  if ([spec, config, kept, policy].some(isUnknown)) return [];
  if (typeof policy === "string" && !policy.includes("delete") && policy.includes("compact")) return [];
  if (kept === undefined || kept === null)
    return ["spec.config.retention.ms is missing: say how long messages are kept"];
  return numberOf(kept) > 0
    ? []
    : [`spec.config.retention.ms is ${quote(kept)}, which is for ever: set a time`];
}

export const retention = defineStackRule(import.meta.url, {
  description: "For everything that collects data it is said how long the data is kept.",
  severity: "medium",
  controls: ["SOC 2 C1.2", "SOC 2 P4.2"],
  remediation: "Add a lifecycle to the bucket, retention.ms to the topic.",
  violations: (resources) => [
    ...awsBuckets(resources),
    ...gcpBuckets(resources),
    ...resources
      .filter(({ type }) => kubernetesKind(type) === "KafkaTopic")
      .flatMap((resource) =>
        kubernetesObjects(resource)
          .flatMap(topic)
          .map((message) => ({ resource, message })),
      ),
  ],
});
