import { all, defineTypedRule, isOn, staysOff, staysOn, wants } from "../../lib/expectation.ts";
import { isSet, numberOf } from "../../lib/plain-data.ts";

const database = all(isOn("deletionProtection"), staysOff("skipFinalSnapshot"));
const bucket = staysOff("forceDestroy", "remove it, so that only an empty bucket can go");

export const deletionProtection = defineTypedRule(
  import.meta.url,
  {
    description:
      "What holds data, or all that runs, cannot be deleted by a slip: not without switching its protection off.",
    severity: "high",
    controls: ["SOC 2 A1.2", "SOC 2 CC6.5"],
    remediation: "Set the service's deletion protection, and keep a last backup.",
  },
  {
    "aws:rds/instance:Instance": database,
    "aws:rds/cluster:Cluster": database,
    "aws:docdb/cluster:Cluster": database,
    "aws:neptune/cluster:Cluster": database,
    "aws:redshift/cluster:Cluster": staysOff("skipFinalSnapshot"),
    "aws:dynamodb/table:Table": isOn("deletionProtectionEnabled"),
    "aws:eks/cluster:Cluster": isOn("deletionProtection"),
    "aws:s3/bucket:Bucket": bucket,
    "aws:s3/bucketV2:BucketV2": bucket,
    "aws:ecr/repository:Repository": staysOff("forceDelete"),
    "aws:kms/key:Key": wants(
      "deletionWindowInDays",
      (value) => !isSet(value) || numberOf(value) >= 14,
      "leave 14 days or more to change your mind",
    ),
    "gcp:storage/bucket:Bucket": bucket,
    "gcp:sql/databaseInstance:DatabaseInstance": all(
      staysOn("deletionProtection"),
      isOn("settings.deletionProtectionEnabled"),
    ),
    "gcp:container/cluster:Cluster": staysOn("deletionProtection"),
    "gcp:alloydb/cluster:Cluster": staysOn("deletionProtection"),
    "gcp:bigquery/dataset:Dataset": staysOff("deleteContentsOnDestroy"),
    "gcp:bigquery/table:Table": staysOn("deletionProtection"),
    "gcp:bigtable/instance:Instance": staysOn("deletionProtection"),
    "gcp:spanner/instance:Instance": staysOff("forceDestroy"),
    "gcp:spanner/database:Database": staysOn("deletionProtection"),
  },
);
