import {
  all,
  defineTypedRule,
  eachText,
  isGiven,
  isOff,
  isOn,
  isOneOf,
  where,
} from "../../lib/expectation.ts";
import { isTrue, itemsOf } from "../../lib/plain-data.ts";

/** The address of EKS is public until told otherwise; open to some networks alone is fine too. */
const eksPublic = where(
  ["vpcConfig.publicAccessCidrs"],
  (networks) => itemsOf(networks).length === 0,
  isOff("vpcConfig.endpointPublicAccess", "set it to false, or name networks in publicAccessCidrs"),
);

export const privateEndpoints = defineTypedRule(
  import.meta.url,
  {
    description:
      "Clusters, databases and brokers are reached inside the network, and their nodes have no public address.",
    severity: "high",
    controls: [
      "CIS EKS 5.4.1",
      "CIS EKS 5.4.2",
      "CIS EKS 5.4.3",
      "CIS GKE 5.6.4",
      "CIS GKE 5.6.5",
      "CIS GCP 6.6",
    ],
    remediation: "Use the private endpoint, and a VPN or a bastion for people.",
  },
  {
    "aws:eks/cluster:Cluster": all(
      isOn("vpcConfig.endpointPrivateAccess"),
      eksPublic,
      eachText(
        "vpcConfig.publicAccessCidrs",
        (range) => range !== "0.0.0.0/0" && range !== "::/0",
        "name the networks that need it",
      ),
    ),
    "aws:opensearch/domain:Domain": isGiven("vpcOptions.subnetIds", "name the subnets that it lives in"),
    "aws:mwaa/environment:Environment": isOneOf("webserverAccessMode", ["PRIVATE_ONLY"]),
    "aws:sagemaker/notebookInstance:NotebookInstance": isOneOf("directInternetAccess", ["Disabled"]),
    "gcp:container/cluster:Cluster": all(
      isOn("privateClusterConfig.enablePrivateNodes"),
      where(
        ["privateClusterConfig.enablePrivateEndpoint"],
        (value) => !isTrue(value),
        isGiven("masterAuthorizedNetworksConfig", "name the networks that may reach the control plane"),
      ),
    ),
    "gcp:sql/databaseInstance:DatabaseInstance": isOff("settings.ipConfiguration.ipv4Enabled"),
    "gcp:compute/subnetwork:Subnetwork": isOn("privateIpGoogleAccess"),
  },
);
