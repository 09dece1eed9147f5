import { all, defineTypedRule, isGiven, isOn, staysOn, wants } from "../../lib/expectation.ts";
import { isUnknown, itemsOf } from "../../lib/plain-data.ts";

const holds = (path: string, names: readonly string[]) =>
  wants(
    path,
    (value) => itemsOf(value).some(isUnknown) || names.every((name) => itemsOf(value).includes(name)),
    `add ${names.join(" and ")}`,
  );

export const auditLogs = defineTypedRule(
  import.meta.url,
  {
    description:
      "Who did what is written down by the cluster and the account, where its holder cannot change it.",
    severity: "medium",
    controls: ["CIS EKS 2.1.1", "CIS GKE 5.7.1", "CIS AWS 3.1", "CIS AWS 3.2", "SOC 2 CC7.2"],
    remediation: "Switch the audit log on, for all regions, with validation of its files.",
  },
  {
    "aws:eks/cluster:Cluster": holds("enabledClusterLogTypes", ["audit", "authenticator"]),
    "aws:cloudtrail/trail:Trail": all(
      isOn("enableLogFileValidation"),
      isOn("isMultiRegionTrail"),
      staysOn("enableLogging"),
    ),
    "aws:ec2/flowLog:FlowLog": isGiven("trafficType", "record REJECT or ALL"),
    "gcp:container/cluster:Cluster": wants(
      "loggingService",
      (service) => service !== "none",
      'use "logging.googleapis.com/kubernetes"',
    ),
  },
);
