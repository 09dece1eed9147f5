import { type Fields, fieldsOf, isSet, isUnknown } from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { defineRule } from "../../lib/rule.ts";

const label = "bedplate.dev/environment";

function judge({ metadata, spec }: Fields): string[] {
  const { [label]: environment } = fieldsOf(fieldsOf(metadata).labels);
  if (typeof environment !== "string" || !/^prod/.test(environment)) return [];
  const predictor = fieldsOf(spec).predictor;
  const logger = fieldsOf(predictor).logger;
  if ([spec, predictor, logger].some(isUnknown)) return [];
  const { url, mode } = fieldsOf(logger);
  if (!isSet(url) || url === "")
    return ["spec.predictor.logger.url is missing: send requests and answers to the monitor"];
  return mode === "response"
    ? ['spec.predictor.logger.mode is "response": drift is seen in the requests, use all']
    : [];
}

export const driftMonitor = defineRule(import.meta.url, {
  description:
    "What a production model is asked is recorded for a monitor, so that drift is seen before its users see it.",
  severity: "medium",
  controls: ["SOC 2 CC7.2", "OWASP ML08 model skewing"],
  remediation: "Set spec.predictor.logger with mode all and the address of the monitor.",
  violations: (resource) =>
    kubernetesKind(resource.type) === "InferenceService" ? kubernetesObjects(resource).flatMap(judge) : [],
});
