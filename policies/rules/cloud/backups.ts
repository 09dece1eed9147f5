import { all, defineTypedRule, isAtLeast, isOn, isOneOf, where } from "../../lib/expectation.ts";
import { isSet } from "../../lib/plain-data.ts";

const days = isAtLeast("backupRetentionPeriod", 7);

export const backups = defineTypedRule(
  import.meta.url,
  {
    description:
      "What holds data can be brought back as it was: automatic backups of a week, or older versions of objects.",
    severity: "high",
    controls: ["CIS GCP 6.7", "SOC 2 A1.2", "SOC 2 A1.3"],
    remediation: "Keep automatic backups for 7 days or more, and try to bring one back.",
  },
  {
    "aws:rds/instance:Instance": where(["replicateSourceDb"], (source) => !isSet(source), days),
    "aws:rds/cluster:Cluster": days,
    "aws:docdb/cluster:Cluster": days,
    "aws:neptune/cluster:Cluster": days,
    "aws:redshift/cluster:Cluster": isAtLeast("automatedSnapshotRetentionPeriod", 7),
    "aws:elasticache/replicationGroup:ReplicationGroup": isAtLeast("snapshotRetentionLimit", 1),
    "aws:memorydb/cluster:Cluster": isAtLeast("snapshotRetentionLimit", 1),
    "aws:dynamodb/table:Table": isOn("pointInTimeRecovery.enabled"),
    "aws:s3/bucketVersioning:BucketVersioning": isOneOf("versioningConfiguration.status", ["Enabled"]),
    "gcp:storage/bucket:Bucket": isOn("versioning.enabled"),
    "gcp:sql/databaseInstance:DatabaseInstance": where(
      ["instanceType", "masterInstanceName"],
      (type, master) => type !== "READ_REPLICA_INSTANCE" && !isSet(master),
      all(
        isOn("settings.backupConfiguration.enabled"),
        isOn("settings.backupConfiguration.pointInTimeRecoveryEnabled"),
      ),
    ),
    "gcp:alloydb/cluster:Cluster": isOn("automatedBackupPolicy.enabled"),
  },
);
