import { fieldsOf, itemsOf, quote } from "../../lib/plain-data.ts";
import { kubernetesKind, kubernetesObjects } from "../../lib/pod.ts";
import { defineRule } from "../../lib/rule.ts";

/** Addresses at which somebody else may put another model tomorrow. */
const moving = /^(https?|hf|git|github|file):/i;
const image = /^oci:\/\//i;
const digest = /@sha256:[0-9a-f]{64}$/;

function judge(path: string, uri: unknown): string[] {
  if (typeof uri !== "string") return [];
  if (moving.test(uri)) return [`${path} is ${quote(uri)}: serve a version from the registry's object store`];
  if (image.test(uri) && !digest.test(uri)) return [`${path} is ${quote(uri)}: pin it by digest`];
  return [];
}

/** Every `storageUri` of an object, at any depth. */
function uris(value: unknown, path: string, depth = 0): string[] {
  if (depth > 16) return [];
  if (Array.isArray(value))
    return itemsOf(value).flatMap((item, index) => uris(item, `${path}[${index}]`, depth + 1));
  return Object.entries(fieldsOf(value)).flatMap(([key, inner]) => {
    const at = `${path}.${key}`;
    return key === "storageUri" ? judge(at, inner) : uris(inner, at, depth + 1);
  });
}

export const modelSource = defineRule(import.meta.url, {
  description: "A model that is served comes from the registry, as the version that was signed and approved.",
  severity: "high",
  controls: ["OWASP ML06 supply chain", "SLSA 1.2 verification"],
  remediation:
    "Register the model, promote the version, and point storageUri at its files or at an image by digest.",
  violations: (resource) =>
    kubernetesKind(resource.type) === "InferenceService"
      ? kubernetesObjects(resource).flatMap((object) => uris(object.spec, "spec"))
      : [],
});
