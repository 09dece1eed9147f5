import { valueAt } from "../../lib/expectation.ts";
import { labelNames } from "../../lib/labels.ts";
import { fieldsOf, isUnknown } from "../../lib/plain-data.ts";
import { defineRule } from "../../lib/rule.ts";

/** What costs money or holds data, and can be tagged; elsewhere tags are a courtesy. */
const tagged = new Map([
  ...[
    "s3/bucket:Bucket",
    "s3/bucketV2:BucketV2",
    "rds/instance:Instance",
    "rds/cluster:Cluster",
    "eks/cluster:Cluster",
    "eks/nodeGroup:NodeGroup",
    "ec2/instance:Instance",
    "ec2/launchTemplate:LaunchTemplate",
    "ec2/vpc:Vpc",
    "ec2/natGateway:NatGateway",
    "ebs/volume:Volume",
    "efs/fileSystem:FileSystem",
    "elasticache/replicationGroup:ReplicationGroup",
    "msk/cluster:Cluster",
    "dynamodb/table:Table",
    "lambda/function:Function",
    "lb/loadBalancer:LoadBalancer",
    "opensearch/domain:Domain",
    "redshift/cluster:Cluster",
    "sqs/queue:Queue",
    "kms/key:Key",
    "ecr/repository:Repository",
  ].map((type) => [`aws:${type}`, "tags"] as const),
  ...[
    "storage/bucket:Bucket",
    "redis/instance:Instance",
    "memorystore/instance:Instance",
    "managedkafka/cluster:Cluster",
    "bigquery/dataset:Dataset",
    "compute/instance:Instance",
    "compute/disk:Disk",
    "cloudrunv2/service:Service",
    "pubsub/topic:Topic",
    "alloydb/cluster:Cluster",
  ].map((type) => [`gcp:${type}`, "labels"] as const),
  ["gcp:container/cluster:Cluster", "resourceLabels"],
  ["gcp:sql/databaseInstance:DatabaseInstance", "settings.userLabels"],
]);

const required = ["owner", "environment"];

export const tags = defineRule(import.meta.url, {
  description: "What costs money in a cloud says whose it is and which environment it belongs to.",
  severity: "low",
  controls: ["SOC 2 CC6.1"],
  remediation:
    "Set tags (AWS) or labels (Google) owner and environment; the provider's default tags do it once for all.",
  violations: ({ type, properties }) => {
    const path = tagged.get(type);
    if (path === undefined) return [];
    const fields = fieldsOf(properties);
    // AWS's provider writes its default tags into `tagsAll`.
    const own = valueAt(fields, path);
    if (isUnknown(own) || isUnknown(fields.tagsAll)) return [];
    const names = labelNames([own, fields.tagsAll]);
    const missing = required.filter((name) => !names.has(name) && !names.has(`bedplate-dev-${name}`));
    return missing.map((name) => `${path}.${name} is missing: set it`);
  },
});
