import { isFrom, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { containers } from "../../lib/scope.ts";

export const imageRegistry = definePodRule(
  import.meta.url,
  {
    description: "Every image comes from a registry that the organisation allows.",
    severity: "medium",
    controls: ["CIS Kubernetes 5.5.1", "CIS EKS 5.1.4", "NSA/CISA 1.2 image sources"],
    remediation: "Copy the image to an allowed registry, or add its prefix to parameters.allowedRegistries.",
  },
  [
    {
      each: containers,
      refuse: not(isFrom("image", "allowedRegistries")),
      at: "image",
      what: (value, { allowedRegistries = [] }) =>
        `is ${quote(value)}: allowed are ${allowedRegistries.join(", ") || "none"}`,
    },
  ],
);
