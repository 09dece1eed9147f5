import { isUnknown } from "../../lib/plain-data.ts";
import { containersOf } from "../../lib/pod.ts";
import { definePodRule, quote } from "../../lib/pod-security.ts";

const digest = /@sha256:[0-9a-f]{64}$/;

export const imageDigest = definePodRule(
  import.meta.url,
  {
    description:
      "Every image is named by its digest, so that what was checked is what runs, today and next year.",
    severity: "medium",
    controls: ["CIS Kubernetes 5.5.1", "SLSA 1.2 verification"],
    remediation: "Append @sha256:... to the image; the registry or `crane digest` tells it.",
  },
  ({ spec }) =>
    containersOf(spec)
      .filter(
        ({ container: { image } }) => !isUnknown(image) && !(typeof image === "string" && digest.test(image)),
      )
      .map(({ path, container: { image } }) => ({
        at: `${path}.image`,
        what: `is ${quote(image)}: pin it by digest`,
      })),
);
