import { all, defineTypedRule, each, isGiven, isOn, isOneOf, staysOn, where } from "../../lib/expectation.ts";
import { isSet } from "../../lib/plain-data.ts";

/** A copy of another database is encrypted as that one is. */
const own = where(["replicateSourceDb"], (source) => !isSet(source), isOn("storageEncrypted"));

export const encryptionAtRest = defineTypedRule(
  import.meta.url,
  {
    description:
      "Everything that a cloud stores for us is encrypted on its disks, nowhere left to a default that is off.",
    severity: "high",
    controls: ["CIS AWS 2.2.1", "CIS AWS 2.3.1", "CIS EKS 5.3.1", "CIS GKE 5.3.1", "SOC 2 CC6.1"],
    remediation: "Switch encryption on, with a key of your own where the service takes one.",
  },
  {
    "aws:rds/instance:Instance": own,
    "aws:rds/cluster:Cluster": isOn("storageEncrypted"),
    "aws:docdb/cluster:Cluster": isOn("storageEncrypted"),
    "aws:neptune/cluster:Cluster": isOn("storageEncrypted"),
    "aws:redshift/cluster:Cluster": isOn("encrypted"),
    "aws:elasticache/replicationGroup:ReplicationGroup": isOn("atRestEncryptionEnabled"),
    "aws:ebs/volume:Volume": isOn("encrypted"),
    "aws:efs/fileSystem:FileSystem": isOn("encrypted"),
    "aws:opensearch/domain:Domain": isOn("encryptAtRest.enabled"),
    "aws:kinesis/stream:Stream": isOneOf("encryptionType", ["KMS"]),
    "aws:sqs/queue:Queue": where(
      ["kmsMasterKeyId"],
      (key) => !isSet(key),
      staysOn("sqsManagedSseEnabled", "set it to true, or name a kmsMasterKeyId"),
    ),
    "aws:sns/topic:Topic": isGiven("kmsMasterKeyId", "name a key, such as alias/aws/sns"),
    "aws:eks/cluster:Cluster": isGiven("encryptionConfig.provider.keyArn", "name a key for the secrets"),
    "aws:ec2/instance:Instance": all(
      isOn("rootBlockDevice.encrypted"),
      each("ebsBlockDevices", isOn("encrypted")),
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": each(
      "blockDeviceMappings",
      where(["ebs"], isSet, isOn("ebs.encrypted")),
    ),
    "aws:sagemaker/notebookInstance:NotebookInstance": isGiven("kmsKeyId", "name a key"),
    "gcp:container/cluster:Cluster": isOneOf("databaseEncryption.state", ["ENCRYPTED"]),
  },
);
