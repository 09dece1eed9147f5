import { type Check, type CheckFinding, findingsOf } from "./check.ts";
import { isOfKind, type ObjectKind, workloadKinds } from "./object-kind.ts";
import type { RuleParameters } from "./parameters.ts";
import { kubernetesKind, kubernetesObjects, type PodView, podsOf } from "./pod.ts";
import { defineRule, type ResourceView, type Rule, type RuleText } from "./rule.ts";

/** Findings speak of the root's `spec`; people look for it where the pod stands in the resource. */
const placeOf = (pod: PodView, { at }: CheckFinding) =>
  [pod.path, /^spec\.(.+)$/s.exec(at)?.[1] ?? ""].filter((part) => part !== "").join(".");

/**
 * A rule about pods, wherever they stand: in the nine kinds of workload, custom resources, values of charts. With kinds
 * given, only in those. The API server judges by the same checks what the kinds are.
 */
export function definePodRule(
  url: string,
  text: RuleText,
  checks: readonly Check[],
  kinds?: readonly ObjectKind[],
): Rule {
  const names = kinds?.map(({ kind }) => kind);
  const find = (resource: ResourceView, parameters: RuleParameters) =>
    names === undefined || names.includes(kubernetesKind(resource.type) ?? "")
      ? podsOf(resource).flatMap((pod) =>
          findingsOf(checks, pod, parameters).map((finding) => ({ ...finding, at: placeOf(pod, finding) })),
        )
      : [];
  const mends = checks.some(({ mend }) => mend !== undefined);
  return defineRule(url, {
    ...text,
    admission: { subject: "pod", kinds: kinds ?? workloadKinds, checks },
    violations: (resource, parameters) =>
      find(resource, parameters).map(({ at, what }) => `${at} ${what}`.trim()),
    ...(mends && {
      edits: (resource) =>
        find(resource, {}).flatMap(({ at, mend }) => (mend === undefined ? [] : [{ path: at, value: mend }])),
    }),
  });
}

/** A rule about whole objects of some kinds, also where they stand in a list. */
export function defineObjectRule(
  url: string,
  text: RuleText,
  kinds: readonly ObjectKind[],
  checks: readonly Check[],
): Rule {
  return defineRule(url, {
    ...text,
    admission: { subject: "object", kinds, checks },
    violations: (resource, parameters) =>
      kinds.some((kind) => isOfKind(resource.type, kind))
        ? kubernetesObjects(resource).flatMap((object) =>
            findingsOf(checks, object, parameters).map(({ at, what }) => `${at} ${what}`),
          )
        : [],
  });
}
