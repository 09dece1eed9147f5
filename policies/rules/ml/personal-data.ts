import { all, type Check, defineTypedRule, isGiven, isOn, isOneOf, where } from "../../lib/expectation.ts";
import { labelValue } from "../../lib/labels.ts";

/** Whether a resource is marked as holding data about people: `data-class: pii`, or a label `pii: true`. */
function isPersonal(...places: readonly unknown[]): boolean {
  return places.some((place) => {
    const value = labelValue(place, "data-class") ?? labelValue(place, "bedplate-dev-data-class");
    return value === "pii" || labelValue(place, "pii") === "true";
  });
}

const guarded = (check: Check) => where(["tags", "labels", "metadata.labels"], isPersonal, check);
const ownKey = (path: string) => guarded(isGiven(path, "name a key of your own"));

export const personalData = defineTypedRule(
  import.meta.url,
  {
    description:
      "Features and data sets about people are encrypted with a key of the organisation, which it can withdraw.",
    severity: "high",
    controls: ["SOC 2 C1.1", "SOC 2 P4.1"],
    remediation: "Name a key of your own (KMS) for what is tagged data-class: pii.",
  },
  {
    "aws:dynamodb/table:Table": guarded(
      all(
        isOn("serverSideEncryption.enabled"),
        isGiven("serverSideEncryption.kmsKeyArn", "name a key of your own"),
      ),
    ),
    "aws:rds/instance:Instance": ownKey("kmsKeyId"),
    "aws:rds/cluster:Cluster": ownKey("kmsKeyId"),
    "aws:elasticache/replicationGroup:ReplicationGroup": ownKey("kmsKeyId"),
    "aws:redshift/cluster:Cluster": ownKey("kmsKeyId"),
    "gcp:storage/bucket:Bucket": ownKey("encryption.defaultKmsKeyName"),
    "gcp:bigquery/dataset:Dataset": ownKey("defaultEncryptionConfiguration.kmsKeyName"),
    "gcp:sql/databaseInstance:DatabaseInstance": ownKey("encryptionKeyName"),
    "kubernetes:feast.dev/v1:FeatureStore": guarded(
      isOneOf("spec.services.onlineStore.server.tls.disable", [undefined, false]),
    ),
  },
);
