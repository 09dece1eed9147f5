import { type Fields, fieldsOf, isUnknown, itemsOf } from "./plain-data.ts";
import { containersOf, type PodView, podsOf } from "./pod.ts";
import { defineRule, type Rule, type RuleText } from "./rule.ts";

/** What a check finds in one pod: where in its spec, and what is wrong there with how to correct it. */
export interface PodFinding {
  readonly at: string;
  readonly what: string;
  /** What to put there instead, where that is safe to do without asking. */
  readonly mend?: unknown;
}

const placeOf = (pod: PodView, { at }: PodFinding) => [pod.path, at].filter((part) => part !== "").join(".");

/** A rule about pods, wherever they stand: in the nine kinds of workload, custom resources, values of charts. */
export function definePodRule(
  url: string,
  text: RuleText,
  check: (pod: PodView) => readonly PodFinding[],
  { mends = false } = {},
): Rule {
  return defineRule(url, {
    ...text,
    violations: (resource) =>
      podsOf(resource).flatMap((pod) =>
        check(pod).map((finding) => `${placeOf(pod, finding)} ${finding.what}`),
      ),
    ...(mends && {
      edits: (resource) =>
        podsOf(resource).flatMap((pod) =>
          check(pod)
            .filter(({ mend }) => mend !== undefined)
            .map((finding) => ({ path: placeOf(pod, finding), value: finding.mend })),
        ),
    }),
  });
}

/** A security context and where it stands. */
export interface SecurityContext {
  readonly at: string;
  readonly context: Fields;
}

export const podContext = (spec: Fields): SecurityContext => ({
  at: "securityContext",
  context: fieldsOf(spec.securityContext),
});

/** The security contexts of all containers, empty where there is none; those that are not known yet are left out. */
export function containerContexts(spec: Fields): readonly SecurityContext[] {
  return containersOf(spec)
    .filter(({ container }) => !isUnknown(container.securityContext))
    .map(({ path, container }) => ({
      at: `${path}.securityContext`,
      context: fieldsOf(container.securityContext),
    }));
}

/** The pod's own and its containers'. */
export const allContexts = (spec: Fields): readonly SecurityContext[] => [
  podContext(spec),
  ...containerContexts(spec),
];

/** Kubernetes reads null as if the field were not there. */
export const isSet = (value: unknown) => value !== undefined && value !== null;

/** A text `true` is refused by Kubernetes; whoever wrote it meant it. */
export const isTrue = (value: unknown) => value === true || value === "true";
export const isFalse = (value: unknown) => value === false || value === "false";

/** Users of such a pod are nobody on the node, so some of the checks let go of it. */
export const hasOwnUsers = (spec: Fields) => isFalse(spec.hostUsers);

/** Windows knows no seccomp, no capabilities and no escalation by set-user-ID. */
export const isWindows = (spec: Fields) => fieldsOf(spec.os).name === "windows";

/** Volumes of a pod with where they stand. */
export const volumesOf = (spec: Fields) =>
  itemsOf(spec.volumes).map((item, index) => ({ at: `volumes[${index}]`, volume: fieldsOf(item) }));

/** A value in a sentence, cut short. */
export const quote = (value: unknown) => (JSON.stringify(value) ?? "nothing").slice(0, 80);
