import { kubernetesCases } from "@bedplate/policies/corpus/kubernetes.ts";
import { mutants } from "@bedplate/policies/corpus/pod-case.ts";
import { baselineCases } from "@bedplate/policies/corpus/pss-baseline.ts";
import { restrictedCases } from "@bedplate/policies/corpus/pss-restricted.ts";
import type { ResourceCase } from "@bedplate/policies/corpus/resource-case.ts";
import { fieldsOf } from "@bedplate/policies/lib/plain-data.ts";
import { goodPod, podWorkloads } from "@bedplate/policies/lib/rule-cases.ts";
import { type ApiObject, toApiObject } from "./api-object.ts";

/** One case of the corpus as a request. */
export interface AdmissionCase {
  readonly what: string;
  readonly object: ApiObject;
  /** Its ephemeral containers are put into a pod that is there already. */
  readonly isEphemeral: boolean;
}

/** Every case about what the API server judges, once, and how many it has no way to be asked about. */
export interface AdmissionCorpus {
  readonly cases: readonly AdmissionCase[];
  /** Ephemeral containers in a template: Kubernetes has them in running pods alone. */
  readonly impossible: number;
}

function resourcesOfCorpus(): readonly ResourceCase[] {
  const pods = Object.entries({ ...baselineCases, ...restrictedCases }).flatMap(([id, { bad, good }]) =>
    [...bad, ...good].flatMap((one) =>
      mutants(one).flatMap((pod) =>
        Object.entries(podWorkloads).map(
          ([kind, make]) => [`${id}: a ${kind} that ${one.what}`, make(pod)] as const,
        ),
      ),
    ),
  );
  const others = Object.entries(kubernetesCases).flatMap(([id, { bad, good }]) =>
    [...bad, ...good].map(([what, view]) => [`${id}: ${what}`, view] as const),
  );
  return [...pods, ...others];
}

const usual = JSON.stringify(goodPod.ephemeralContainers);

/** The same value with the ephemeral containers of a good pod left out, and whether there are others. */
function strip(value: unknown): { readonly value: unknown; readonly hasOwn: boolean } {
  if (Array.isArray(value)) return { value, hasOwn: false };
  if (typeof value !== "object" || value === null) return { value, hasOwn: false };
  let hasOwn = false;
  const entries = Object.entries(fieldsOf(value)).flatMap(([key, inner]) => {
    if (key === "ephemeralContainers") {
      if (JSON.stringify(inner) === usual) return [];
      hasOwn = true;
    }
    const below = strip(inner);
    hasOwn ||= below.hasOwn;
    return [[key, below.value] as const];
  });
  return { value: Object.fromEntries(entries), hasOwn };
}

export function admissionCorpus(): AdmissionCorpus {
  const cases = new Map<string, AdmissionCase>();
  let impossible = 0;
  for (const [what, view] of resourcesOfCorpus()) {
    const { value: properties, hasOwn } = strip(view.properties);
    const object = toApiObject({ ...view, properties });
    if (hasOwn && object.kind !== "Pod") impossible++;
    else cases.set(JSON.stringify(object), { what, object, isEphemeral: hasOwn });
  }
  return { cases: [...cases.values()], impossible };
}
