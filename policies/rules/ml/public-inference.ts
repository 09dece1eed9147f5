import { type Fields, fieldsOf, isSet, isUnknown, itemsOf, quote } from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { defineStackRule, type ResourceView } from "../../lib/rule.ts";

/** Addresses of the inference protocols. */
const inferencePath = /^\/(v1\/models|v2(\/|$)|invocations|openai\/|v1\/(chat\/)?completions|api\/bedplate)/;
const routes = new Set(["HTTPRoute", "GRPCRoute"]);
const signIns = ["jwt", "oidc", "basicAuth", "apiKeyAuth", "extAuth"];

interface Placed {
  readonly resource: ResourceView;
  readonly object: Fields;
}

const objectsOf = (
  resources: readonly ResourceView[],
  isWanted: (kind: string) => boolean,
): readonly Placed[] =>
  resources
    .filter(({ type }) => isWanted(kubernetesKind(type) ?? ""))
    .flatMap((resource) => kubernetesObjects(resource).map((object) => ({ resource, object })));

const nameOf = ({ metadata }: Fields) => fieldsOf(metadata).name;

/** Whether a route leads to models: by its addresses, by its label, or as a gRPC route of the protocol. */
function servesModels({ metadata, spec }: Fields): boolean {
  if (fieldsOf(fieldsOf(metadata).labels)["bedplate.dev/capability"] === "serving") return true;
  return itemsOf(fieldsOf(spec).rules).some((rule) =>
    itemsOf(fieldsOf(rule).matches).some((match) => {
      const { path, method } = fieldsOf(match);
      const { value } = fieldsOf(path);
      const { service } = fieldsOf(method);
      return (
        (typeof value === "string" && inferencePath.test(value)) ||
        service === "inference.GRPCInferenceService"
      );
    }),
  );
}

/** What a policy of Envoy Gateway is attached to; unknown names fit everything. */
const targetsOf = ({ spec }: Fields) => {
  const { targetRefs, targetRef } = fieldsOf(spec);
  return [...itemsOf(targetRefs), targetRef].filter(isSet).map(fieldsOf);
};

const parentsOf = ({ spec }: Fields) =>
  itemsOf(fieldsOf(spec).parentRefs).map((parent) => fieldsOf(parent).name);

function covers(policy: Fields, route: Fields): boolean {
  return targetsOf(policy).some(({ kind, name }) => {
    if (isUnknown(name)) return true;
    return kind === "Gateway" ? parentsOf(route).includes(name) : name === nameOf(route);
  });
}

const asksWho = ({ spec }: Fields) => isUnknown(spec) || signIns.some((way) => isSet(fieldsOf(spec)[way]));
const limits = ({ spec }: Fields) => isUnknown(spec) || isSet(fieldsOf(spec).rateLimit);

export const publicInference = defineStackRule(import.meta.url, {
  description: "No model is reached through a gateway without saying who asks, and how often one may.",
  severity: "high",
  controls: ["OWASP ML05 model theft", "OWASP API4", "SOC 2 CC6.6"],
  remediation:
    "Attach a SecurityPolicy with jwt or oidc and a BackendTrafficPolicy with rateLimit to the route or its gateway.",
  violations: (resources) => {
    const security = objectsOf(resources, (kind) => kind === "SecurityPolicy").filter(({ object }) =>
      asksWho(object),
    );
    const traffic = objectsOf(resources, (kind) => kind === "BackendTrafficPolicy").filter(({ object }) =>
      limits(object),
    );
    return objectsOf(resources, (kind) => routes.has(kind))
      .filter(({ object }) => servesModels(object))
      .flatMap(({ resource, object }) => {
        const missing = [
          ...(security.some((policy) => covers(policy.object, object))
            ? []
            : ["no SecurityPolicy that asks who calls"]),
          ...(traffic.some((policy) => covers(policy.object, object))
            ? []
            : ["no BackendTrafficPolicy with a rateLimit"]),
        ];
        return missing.map((what) => ({
          resource,
          message: `the route ${quote(nameOf(object))} leads to models, and it has ${what}: attach one`,
        }));
      });
  },
});
