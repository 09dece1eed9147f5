import { all, defineTypedRule, isOneOf, wants, where } from "../../lib/expectation.ts";
import { isSet, itemsOf, numberOf } from "../../lib/plain-data.ts";

const tokens = where(
  ["metadataOptions.httpEndpoint"],
  (endpoint) => endpoint !== "disabled",
  all(
    isOneOf("metadataOptions.httpTokens", ["required"]),
    wants(
      "metadataOptions.httpPutResponseHopLimit",
      (hops) => !isSet(hops) || numberOf(hops) <= 1,
      "set it to 1, so that no container reaches it",
    ),
  ),
);

const workloadMetadata = (path: string) => isOneOf(`${path}.workloadMetadataConfig.mode`, ["GKE_METADATA"]);

export const metadataTokens = defineTypedRule(
  import.meta.url,
  {
    description: "No pod reads its node's credentials from the cloud's metadata address.",
    severity: "high",
    controls: ["CIS AWS 5.6", "CIS EKS 3.1.1", "CIS GKE 5.4.1"],
    remediation: "Require tokens with one hop (AWS), or workload identity (Google).",
  },
  {
    "aws:ec2/instance:Instance": tokens,
    "aws:ec2/launchTemplate:LaunchTemplate": tokens,
    "gcp:container/nodePool:NodePool": workloadMetadata("nodeConfig"),
    "gcp:container/cluster:Cluster": where(
      ["enableAutopilot", "removeDefaultNodePool", "nodePools"],
      (autopilot, withoutDefault, pools) =>
        autopilot !== true && withoutDefault !== true && itemsOf(pools).length === 0,
      workloadMetadata("nodeConfig"),
    ),
  },
);
