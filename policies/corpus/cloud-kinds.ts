import { missing, typedCases } from "./typed-case.ts";

const allow = (action: unknown, resource: unknown, more: object = {}) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: action, Resource: resource, ...more }],
  });

const policies = {
  good: [
    { policy: allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::models/*") },
    { policy: allow("s3:ListAllMyBuckets", "*") },
    { policy: allow("iam:PassRole", "arn:aws:iam::1:role/training") },
    {
      policy: allow("iam:PassRole", "*", {
        Condition: { StringEquals: { "iam:PassedToService": "eks.amazonaws.com" } },
      }),
    },
    { policy: allow("*", "*", { Effect: "Deny" }) },
    {
      policy: {
        Statement: { Effect: "Allow", Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-central-1:1:q" },
      },
    },
    { policy: "not JSON" },
    {
      policy: {
        Statement: [{ Effect: "Allow", Action: "s3:ListAllMyBuckets", NotAction: null, Resource: "*" }],
      },
    },
    {},
  ],
  bad: {
    policy: [
      allow("*", "*"),
      allow(["s3:GetObject", "*"], ["*"]),
      allow("*:*", "*"),
      allow("*", "arn:aws:s3:::models/*"),
      allow("iam:PassRole", "*"),
      allow("iam:*", "*"),
      allow("sts:AssumeRole", "*"),
      allow("sts:*", "*"),
      JSON.stringify({ Statement: [{ Effect: "Allow", NotAction: "iam:*", Resource: "*" }] }),
      JSON.stringify({ Statement: { Effect: "Allow", Action: "*", Resource: "*" } }),
      { Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
    ],
  },
};
const trust = (principal: unknown, more: object = {}) =>
  JSON.stringify({
    Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole", ...more }],
  });
const attached = {
  good: [
    { policyArn: "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy" },
    { policyArn: "arn:aws:iam::1:policy/mine" },
    { policyArn: "arn:aws:iam::1:policy/NoAdministratorAccess" },
    { policyArn: "arn:aws:iam::1:policy/AdministratorAccessToNothing" },
  ],
  bad: {
    policyArn: [
      "AdministratorAccess",
      ...["AdministratorAccess", "PowerUserAccess", "IAMFullAccess"].map(
        (name) => `arn:aws:iam::aws:policy/${name}`,
      ),
    ],
  },
};
const primitive = {
  good: { role: "roles/storage.objectViewer", member: "serviceAccount:a@b.iam.gserviceaccount.com" },
  bad: { role: ["roles/owner", "roles/editor"] },
};

const leastPrivilege = typedCases({
  "aws:iam/policy:Policy": policies,
  "aws:iam/rolePolicy:RolePolicy": policies,
  "aws:iam/userPolicy:UserPolicy": policies,
  "aws:iam/groupPolicy:GroupPolicy": policies,
  "aws:iam/role:Role": {
    good: [
      { assumeRolePolicy: trust({ Service: "pods.eks.amazonaws.com" }) },
      {
        assumeRolePolicy: trust(
          { AWS: "*" },
          { Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } },
        ),
      },
    ],
    bad: { assumeRolePolicy: [trust("*"), trust({ AWS: "*" }), trust({ AWS: ["*"] })] },
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": attached,
  "aws:iam/userPolicyAttachment:UserPolicyAttachment": attached,
  "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": attached,
  "gcp:projects/iAMMember:IAMMember": {
    ...primitive,
    bad: {
      role: [...primitive.bad.role, "roles/iam.securityAdmin", "roles/iam.serviceAccountTokenCreator"],
    },
  },
  "gcp:projects/iAMBinding:IAMBinding": primitive,
  "gcp:folder/iAMMember:IAMMember": primitive,
  "gcp:organizations/iAMMember:IAMMember": primitive,
  "gcp:serviceaccount/iAMMember:IAMMember": primitive,
});

const own = { owner: "ml", environment: "prod" };
const awsTags = {
  good: [
    { tags: own },
    { tags: { Owner: "ml", Environment: "prod" } },
    { tagsAll: own },
    { tags: { "bedplate.dev/owner": "ml", "bedplate.dev/environment": "prod" } },
  ],
  bad: {
    tags: [missing, null, {}, { owner: "ml" }, { environment: "prod" }, { owner: "", environment: "prod" }],
  },
};
const gcpLabels = (path: string) => ({
  good: path.split(".").reduceRight<object>((inner, key) => ({ [key]: inner }), own),
  bad: { [path]: [missing, {}, { owner: "ml" }] },
});

const awsTagged = [
  "s3/bucketV2:BucketV2",
  "rds/cluster:Cluster",
  "eks/nodeGroup:NodeGroup",
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
  "s3/bucket:Bucket",
  "rds/instance:Instance",
  "eks/cluster:Cluster",
  "ec2/instance:Instance",
];
const gcpLabelled = [
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
];
const tags = typedCases({
  ...Object.fromEntries(awsTagged.map((type) => [`aws:${type}`, awsTags])),
  ...Object.fromEntries(gcpLabelled.map((type) => [`gcp:${type}`, gcpLabels("labels")])),
  "aws:iam/policy:Policy": { good: {}, bad: {} },
  "gcp:container/cluster:Cluster": gcpLabels("resourceLabels"),
  "gcp:sql/databaseInstance:DatabaseInstance": gcpLabels("settings.userLabels"),
});

const foreign = ["us-east-1", "ap-southeast-2", "eu-north-1", "us-central1", "asia-east1", "US"];
const regions = typedCases({
  "aws:s3/bucket:Bucket": { good: [{ region: "eu-central-1" }, {}], bad: { region: foreign } },
  "aws:ebs/volume:Volume": {
    good: [{ availabilityZone: "eu-central-1a" }, { availabilityZone: "us-gov-west-1b" }],
    bad: { availabilityZone: ["us-east-1a", "eu-north-1b", "eu-central-1-ham-1a", "x.eu-central-1a"] },
  },
  "gcp:storage/bucket:Bucket": {
    good: [{ location: "europe-west4" }, { location: "EUROPE-WEST4" }],
    bad: { location: foreign },
  },
  "gcp:container/cluster:Cluster": {
    good: [{ location: "europe-west4" }, { location: "europe-west4-b" }],
    bad: { location: ["us-central1", "us-central1-a"] },
  },
  "gcp:compute/instance:Instance": {
    good: [{ zone: "europe-west4-a" }, { zone: "europe-west12-a" }],
    bad: { zone: ["us-central1-a", "northamerica-northeast1-c"] },
  },
  "kubernetes:core/v1:ConfigMap": { good: { region: "us-east-1" }, bad: {} },
  "acme:aws:Thing": { good: { region: "us-east-1" }, bad: {} },
});

const requirement = (key: string, ...values: readonly string[]) => ({ key, operator: "In", values });
const pool = (...requirements: readonly object[]) => ({ spec: { template: { spec: { requirements } } } });
const instanceFamilies = typedCases({
  "aws:ec2/instance:Instance": {
    good: [
      { instanceType: "m7i.large" },
      { instanceType: "M7i.Large" },
      { instanceType: "m7i" },
      {},
      { instanceType: 7 },
    ],
    bad: { instanceType: ["p5.48xlarge", "m5.large", "x2", "gdb.6.large", ".m7i.large", ""] },
  },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    good: { instanceType: "g6.xlarge" },
    bad: { instanceType: ["p4d.24xlarge"] },
  },
  "aws:eks/nodeGroup:NodeGroup": {
    good: { instanceTypes: ["m7i.large", "g6.xlarge"] },
    bad: { "instanceTypes.1": ["p5.48xlarge"], instanceTypes: [["c5.large"]] },
  },
  "aws:rds/instance:Instance": {
    good: { instanceClass: "db.m7i.large" },
    bad: { instanceClass: ["db.r5.large"] },
  },
  "aws:rds/clusterInstance:ClusterInstance": {
    good: { instanceClass: "db.m7i.large" },
    bad: { instanceClass: ["db.x2g.large"] },
  },
  "aws:elasticache/replicationGroup:ReplicationGroup": {
    good: { nodeType: "cache.m7i.large" },
    bad: { nodeType: ["cache.r5.large"] },
  },
  "aws:msk/cluster:Cluster": {
    good: { brokerNodeGroupInfo: { instanceType: "kafka.m7i.large" } },
    bad: { "brokerNodeGroupInfo.instanceType": ["kafka.t3.small"] },
  },
  "aws:sagemaker/notebookInstance:NotebookInstance": {
    good: { instanceType: "ml.g6.xlarge" },
    bad: { instanceType: ["ml.p3.2xlarge"] },
  },
  "gcp:compute/instance:Instance": {
    good: { machineType: "n2-standard-4" },
    bad: { machineType: ["a3-highgpu-8g", "e2-micro"] },
  },
  "gcp:container/nodePool:NodePool": {
    good: [{ nodeConfig: { machineType: "n2-standard-4" } }, {}],
    bad: { "nodeConfig.machineType": ["a2-highgpu-1g"] },
  },
  "gcp:container/cluster:Cluster": {
    good: { nodeConfig: { machineType: "n2-highmem-2" } },
    bad: { "nodeConfig.machineType": ["e2-medium"] },
  },
  "kubernetes:karpenter.sh/v1:NodePool": {
    good: [
      pool(
        requirement("karpenter.k8s.aws/instance-family", "g6", "m7i"),
        requirement("kubernetes.io/arch", "amd64"),
      ),
      pool(requirement("node.kubernetes.io/instance-type", "g6.xlarge")),
      pool({ key: "karpenter.k8s.aws/instance-family", operator: "NotIn", values: ["p5"] }),
      pool({ key: 7, operator: "In", values: ["p5"] }),
      pool(requirement("example.org/instance-family-of-cpus", "p5")),
      pool(requirement("karpenter.sh/capacity-type", "spot")),
    ],
    bad: { "spec.template.spec.requirements.0.values": [["p5"], ["g6", "p4d"]] },
  },
});

const training = { "bedplate.dev/purpose": "training" };
const told = { ...training, "bedplate.dev/on-demand-reason": "runs for weeks without checkpoints" };
const silent = { ...training, "bedplate.dev/on-demand-reason": " " };
const capacity = (...values: readonly string[]) => requirement("karpenter.sh/capacity-type", ...values);
const trained = (labels: object, ...requirements: readonly object[]) => ({
  ...pool(...requirements),
  metadata: { labels },
});

const spotTraining = typedCases({
  "aws:eks/nodeGroup:NodeGroup": {
    good: [
      { labels: training, capacityType: "SPOT" },
      { labels: told, capacityType: "ON_DEMAND" },
      { labels: {}, capacityType: "ON_DEMAND" },
    ],
    bad: {
      capacityType: ["ON_DEMAND", missing, null, "CAPACITY_BLOCK"],
      "": [{ tags: training, capacityType: "ON_DEMAND" }],
    },
  },
  "gcp:container/nodePool:NodePool": {
    good: [
      { nodeConfig: { labels: training, spot: true } },
      { nodeConfig: { labels: told } },
      { nodeConfig: { labels: { "bedplate.dev/purpose": "serving" } } },
      { nodeConfig: { resourceLabels: training, spot: "true" } },
      {},
    ],
    bad: {
      "nodeConfig.spot": [false, missing, null, "no"],
      nodeConfig: [{ labels: silent }, { resourceLabels: training }],
    },
  },
  "kubernetes:karpenter.sh/v1:NodePool": {
    good: [
      trained(training, capacity("spot")),
      trained(training, capacity("on-demand", "spot")),
      trained(training, requirement("kubernetes.io/arch", "amd64"), capacity("spot")),
      trained(told, capacity("on-demand")),
      trained({}, capacity("on-demand")),
      trained({}),
    ],
    bad: {
      "spec.template.spec.requirements": [[], missing, null, [capacity("on-demand")], [capacity("reserved")]],
      "spec.template.spec.requirements.0": [requirement("kubernetes.io/arch", "amd64")],
      "spec.template.spec.requirements.0.values": [[], ["on-demand"], null],
      "spec.template.spec.requirements.0.operator": ["NotIn", "Exists"],
      spec: [missing],
    },
  },
});

/** Cases for rules that look at kinds, places and rights. */
export const kindCases = {
  "cloud-least-privilege": leastPrivilege,
  "cloud-tags": tags,
  "cloud-regions": regions,
  "cloud-instance-families": instanceFamilies,
  "cloud-spot-training": spotTraining,
};

/** What the corpus takes an organisation to allow. */
export const corpusParameters = {
  allowedRegistries: ["ghcr.io/acme", "docker.io/acme/", "registry.example"],
  allowedRegions: ["eu-central-1", "europe-west4", "europe-west12", "us-gov-west-1"],
  allowedInstanceFamilies: ["m7i", "g6", "n2"],
  gpusPerTeam: 8,
};
