import { isGiven } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { volumes } from "../../lib/scope.ts";

export const hostPathVolumes = definePodRule(
  import.meta.url,
  {
    description: "No pod mounts a folder of its node: a way out of the container that needs no other fault.",
    severity: "high",
    controls: ["PSS baseline", "CIS Kubernetes 5.2.12"],
    remediation: "Use a PersistentVolumeClaim, an emptyDir or a projected volume.",
  },
  [
    {
      each: volumes,
      refuse: isGiven("hostPath"),
      at: "hostPath",
      what: "mounts a folder of the node: use a claim or an emptyDir",
    },
  ],
);
