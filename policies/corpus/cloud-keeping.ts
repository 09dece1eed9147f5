import { missing, typedCases } from "./typed-case.ts";

const off = [missing, null, false, "no"];

const few = [missing, null, 0, 1, 6, "", "x"];
const week = {
  good: [{ backupRetentionPeriod: 7 }, { backupRetentionPeriod: 35 }],
  bad: { backupRetentionPeriod: few },
};

const backups = typedCases({
  "aws:rds/instance:Instance": { good: [...week.good, { replicateSourceDb: "other" }], bad: week.bad },
  "aws:rds/cluster:Cluster": week,
  "aws:docdb/cluster:Cluster": week,
  "aws:neptune/cluster:Cluster": week,
  "aws:redshift/cluster:Cluster": {
    good: { automatedSnapshotRetentionPeriod: 7 },
    bad: { automatedSnapshotRetentionPeriod: few },
  },
  "aws:elasticache/replicationGroup:ReplicationGroup": {
    good: { snapshotRetentionLimit: 1 },
    bad: { snapshotRetentionLimit: [missing, 0] },
  },
  "aws:memorydb/cluster:Cluster": {
    good: { snapshotRetentionLimit: 3 },
    bad: { snapshotRetentionLimit: [missing, 0] },
  },
  "aws:dynamodb/table:Table": {
    good: { pointInTimeRecovery: { enabled: true } },
    bad: { "pointInTimeRecovery.enabled": off, pointInTimeRecovery: [missing] },
  },
  "aws:s3/bucketVersioning:BucketVersioning": {
    good: { versioningConfiguration: { status: "Enabled" } },
    bad: { "versioningConfiguration.status": ["Suspended", "Disabled", missing] },
  },
  "gcp:storage/bucket:Bucket": {
    good: { versioning: { enabled: true } },
    bad: { "versioning.enabled": off, versioning: [missing] },
  },
  "gcp:sql/databaseInstance:DatabaseInstance": {
    good: [
      { settings: { backupConfiguration: { enabled: true, pointInTimeRecoveryEnabled: true } } },
      { instanceType: "READ_REPLICA_INSTANCE" },
      { masterInstanceName: "other" },
    ],
    bad: {
      "settings.backupConfiguration.enabled": off,
      "settings.backupConfiguration.pointInTimeRecoveryEnabled": off,
      settings: [missing],
    },
  },
  "gcp:alloydb/cluster:Cluster": {
    good: { automatedBackupPolicy: { enabled: true } },
    bad: { "automatedBackupPolicy.enabled": off },
  },
});

const protectedData = {
  good: [{ deletionProtection: true }, { deletionProtection: true, skipFinalSnapshot: false }],
  bad: { deletionProtection: off, skipFinalSnapshot: [true] },
};
const kept = { good: [{}, { forceDestroy: false }], bad: { forceDestroy: [true, "true"] } };
const defaultOn = { good: [{}, { deletionProtection: true }], bad: { deletionProtection: [false, "false"] } };

const deletionProtection = typedCases({
  "aws:rds/instance:Instance": protectedData,
  "aws:rds/cluster:Cluster": protectedData,
  "aws:docdb/cluster:Cluster": protectedData,
  "aws:neptune/cluster:Cluster": protectedData,
  "aws:redshift/cluster:Cluster": {
    good: [{}, { skipFinalSnapshot: false }],
    bad: { skipFinalSnapshot: [true] },
  },
  "aws:dynamodb/table:Table": {
    good: { deletionProtectionEnabled: true },
    bad: { deletionProtectionEnabled: off },
  },
  "aws:eks/cluster:Cluster": { good: { deletionProtection: true }, bad: { deletionProtection: off } },
  "aws:s3/bucket:Bucket": kept,
  "aws:s3/bucketV2:BucketV2": kept,
  "aws:ecr/repository:Repository": { good: [{}, { forceDelete: false }], bad: { forceDelete: [true] } },
  "aws:kms/key:Key": {
    good: [{}, { deletionWindowInDays: 30 }, { deletionWindowInDays: 14 }],
    bad: { deletionWindowInDays: [7, 13] },
  },
  "gcp:storage/bucket:Bucket": kept,
  "gcp:sql/databaseInstance:DatabaseInstance": {
    good: [
      { settings: { deletionProtectionEnabled: true } },
      { deletionProtection: true, settings: { deletionProtectionEnabled: true } },
    ],
    bad: { deletionProtection: [false], "settings.deletionProtectionEnabled": off },
  },
  "gcp:container/cluster:Cluster": defaultOn,
  "gcp:alloydb/cluster:Cluster": defaultOn,
  "gcp:bigquery/dataset:Dataset": {
    good: [{}, { deleteContentsOnDestroy: false }],
    bad: { deleteContentsOnDestroy: [true] },
  },
  "gcp:bigquery/table:Table": defaultOn,
  "gcp:bigtable/instance:Instance": defaultOn,
  "gcp:spanner/instance:Instance": kept,
  "gcp:spanner/database:Database": defaultOn,
});

const hop = { httpTokens: "required", httpPutResponseHopLimit: 1 };
const imds = {
  good: [
    { metadataOptions: hop },
    { metadataOptions: { httpTokens: "required" } },
    { metadataOptions: { httpEndpoint: "disabled" } },
  ],
  bad: {
    "metadataOptions.httpTokens": [missing, "optional"],
    "metadataOptions.httpPutResponseHopLimit": [2, 64],
    metadataOptions: [missing, null],
  },
};
const workload = { workloadMetadataConfig: { mode: "GKE_METADATA" } };

const metadataTokens = typedCases({
  "aws:ec2/instance:Instance": imds,
  "aws:ec2/launchTemplate:LaunchTemplate": imds,
  "gcp:container/nodePool:NodePool": {
    good: { nodeConfig: workload },
    bad: { "nodeConfig.workloadMetadataConfig.mode": [missing, "GCE_METADATA"], nodeConfig: [missing] },
  },
  "gcp:container/cluster:Cluster": {
    good: [
      { nodeConfig: workload },
      { enableAutopilot: true },
      { removeDefaultNodePool: true },
      { nodePools: [{}] },
    ],
    bad: { "nodeConfig.workloadMetadataConfig.mode": ["GCE_METADATA"], nodeConfig: [missing] },
  },
});

const trail = { enableLogFileValidation: true, isMultiRegionTrail: true };
const auditLogs = typedCases({
  "aws:eks/cluster:Cluster": {
    good: { enabledClusterLogTypes: ["audit", "authenticator", "api"] },
    bad: { enabledClusterLogTypes: [missing, null, [], ["audit"], ["authenticator"], ["api"], "audit"] },
  },
  "aws:cloudtrail/trail:Trail": {
    good: [trail, { ...trail, enableLogging: true }],
    bad: { enableLogFileValidation: off, isMultiRegionTrail: off, enableLogging: [false] },
  },
  "aws:ec2/flowLog:FlowLog": { good: { trafficType: "ALL" }, bad: { trafficType: [missing, ""] } },
  "gcp:container/cluster:Cluster": {
    good: [{}, { loggingService: "logging.googleapis.com/kubernetes" }],
    bad: { loggingService: ["none"] },
  },
});

/** Cases for rules about what must not be lost, and who looks. */
export const keepingCases = {
  "cloud-backups": backups,
  "cloud-deletion-protection": deletionProtection,
  "cloud-metadata-tokens": metadataTokens,
  "cloud-audit-logs": auditLogs,
};
