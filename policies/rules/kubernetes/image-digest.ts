import { matches, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { containers } from "../../lib/scope.ts";

export const imageDigest = definePodRule(
  import.meta.url,
  {
    description:
      "Every image is named by its digest, so that what was checked is what runs, today and next year.",
    severity: "medium",
    controls: ["CIS Kubernetes 5.5.1", "SLSA 1.2 verification"],
    remediation: "Append @sha256:... to the image; the registry or `crane digest` tells it.",
  },
  [
    {
      each: containers,
      refuse: not(matches("image", "@sha256:[0-9a-f]{64}$")),
      at: "image",
      what: (value) => `is ${quote(value)}: pin it by digest`,
    },
  ],
);
