import {
  type Fields,
  fieldsOf,
  holdsUnknown,
  isSet,
  isUnknown,
  itemsOf,
  quote,
} from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { defineStackRule, type ResourceView } from "../../lib/rule.ts";
import { valueBelow } from "../../lib/truth.ts";

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

const nameOf = (object: Fields) => valueBelow(object, ["metadata", "name"]);

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

/** Whether a policy of Envoy Gateway is attached to a route or to its gateway; what is not known yet is taken to fit. */
function covers(policy: Fields, route: Fields): boolean {
  const [targets, target] = ["targetRefs", "targetRef"].map((key) => valueBelow(policy, ["spec", key]));
  const [parents, own] = [valueBelow(route, ["spec", "parentRefs"]), nameOf(route)];
  if ([targets, target, parents, own].some(holdsUnknown)) return true;
  const gateways = itemsOf(parents).map((parent) => fieldsOf(parent).name);
  return [...itemsOf(targets), target]
    .filter(isSet)
    .map(fieldsOf)
    .some(({ kind, name }) => (kind === "Gateway" ? gateways.includes(name) : name === own));
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
