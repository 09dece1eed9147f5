import { keepingCases } from "./cloud-keeping.ts";
import { kindCases } from "./cloud-kinds.ts";
import { missing, typedCases } from "./typed-case.ts";

const off = [missing, null, false, "no"];

const everywhere = ["0.0.0.0/0", "::/0"];

const encryptionAtRest = typedCases({
  "aws:rds/instance:Instance": {
    good: [{ storageEncrypted: true }, { replicateSourceDb: "other" }],
    bad: { storageEncrypted: off },
  },
  "aws:rds/cluster:Cluster": { good: { storageEncrypted: true }, bad: { storageEncrypted: off } },
  "aws:docdb/cluster:Cluster": { good: { storageEncrypted: true }, bad: { storageEncrypted: off } },
  "aws:neptune/cluster:Cluster": { good: { storageEncrypted: true }, bad: { storageEncrypted: off } },
  "aws:redshift/cluster:Cluster": {
    good: [{ encrypted: "true" }, { encrypted: true }],
    bad: { encrypted: off },
  },
  "aws:elasticache/replicationGroup:ReplicationGroup": {
    good: { atRestEncryptionEnabled: true },
    bad: { atRestEncryptionEnabled: off },
  },
  "aws:ebs/volume:Volume": { good: { encrypted: true }, bad: { encrypted: off } },
  "aws:efs/fileSystem:FileSystem": { good: { encrypted: true }, bad: { encrypted: off } },
  "aws:opensearch/domain:Domain": {
    good: { encryptAtRest: { enabled: true } },
    bad: { "encryptAtRest.enabled": off, encryptAtRest: [missing, null] },
  },
  "aws:kinesis/stream:Stream": {
    good: { encryptionType: "KMS" },
    bad: { encryptionType: [missing, "NONE"] },
  },
  "aws:sqs/queue:Queue": {
    good: [
      {},
      { sqsManagedSseEnabled: true },
      { sqsManagedSseEnabled: false, kmsMasterKeyId: "alias/aws/sqs" },
    ],
    bad: { sqsManagedSseEnabled: [false, "false"] },
  },
  "aws:sns/topic:Topic": {
    good: { kmsMasterKeyId: "alias/aws/sns" },
    bad: { kmsMasterKeyId: [missing, null, ""] },
  },
  "aws:eks/cluster:Cluster": {
    good: { encryptionConfig: { provider: { keyArn: "arn:aws:kms:eu-central-1:1:key/1" } } },
    bad: { "encryptionConfig.provider.keyArn": [missing, ""], encryptionConfig: [missing] },
  },
  "aws:ec2/instance:Instance": {
    good: { rootBlockDevice: { encrypted: true }, ebsBlockDevices: [{ encrypted: true }] },
    bad: { "rootBlockDevice.encrypted": off, "ebsBlockDevices.0.encrypted": off, rootBlockDevice: [missing] },
  },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    good: [{ blockDeviceMappings: [{ ebs: { encrypted: "true" } }, { virtualName: "ephemeral0" }] }, {}],
    bad: { "blockDeviceMappings.0.ebs.encrypted": off },
  },
  "aws:sagemaker/notebookInstance:NotebookInstance": {
    good: { kmsKeyId: "key" },
    bad: { kmsKeyId: [missing, ""] },
  },
  "gcp:container/cluster:Cluster": {
    good: { databaseEncryption: { state: "ENCRYPTED" } },
    bad: { "databaseEncryption.state": [missing, "DECRYPTED"], databaseEncryption: [missing] },
  },
});

const encryptionInTransit = typedCases({
  ...Object.fromEntries(
    ["aws:lb/listener:Listener", "aws:alb/listener:Listener"].map((type) => [
      type,
      {
        good: [
          { port: 443, protocol: "HTTPS" },
          { port: 443 },
          { port: 443, protocol: "TLS" },
          {
            port: 80,
            protocol: "HTTP",
            defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS" } }],
          },
          { port: 80, protocol: 7 },
        ],
        bad: {
          protocol: ["HTTP", "http", "TCP"],
          "": [
            { port: 80 },
            { protocol: "HTTP", defaultActions: [] },
            ...[
              [{ type: "forward" }],
              [{ type: "forward", redirect: { protocol: "HTTPS" } }],
              [{ type: "redirect", redirect: { protocol: "HTTP" } }],
              [{ type: "redirect", redirect: { protocol: "HTTPS" } }, { type: "forward" }],
            ].map((defaultActions) => ({ protocol: "HTTP", defaultActions })),
          ],
        },
      },
    ]),
  ),
  "aws:elasticache/replicationGroup:ReplicationGroup": {
    good: [
      { transitEncryptionEnabled: true },
      { transitEncryptionEnabled: true, transitEncryptionMode: "required" },
    ],
    bad: { transitEncryptionEnabled: off, transitEncryptionMode: ["preferred"] },
  },
  "aws:memorydb/cluster:Cluster": { good: [{}, { tlsEnabled: true }], bad: { tlsEnabled: [false] } },
  "aws:msk/cluster:Cluster": {
    good: [
      { encryptionInfo: { encryptionInTransit: { clientBroker: "TLS", inCluster: true } } },
      { encryptionInfo: { encryptionInTransit: { clientBroker: null } } },
      {},
    ],
    bad: {
      "encryptionInfo.encryptionInTransit.clientBroker": ["PLAINTEXT", "TLS_PLAINTEXT"],
      "encryptionInfo.encryptionInTransit.inCluster": [false],
    },
  },
  "aws:opensearch/domain:Domain": {
    good: {
      domainEndpointOptions: { enforceHttps: true, tlsSecurityPolicy: "Policy-Min-TLS-1-2-PFS-2023-10" },
      nodeToNodeEncryption: { enabled: true },
    },
    bad: {
      "domainEndpointOptions.enforceHttps": off,
      "domainEndpointOptions.tlsSecurityPolicy": [missing, "Policy-Min-TLS-1-0-2019-07"],
      "nodeToNodeEncryption.enabled": off,
      domainEndpointOptions: [missing],
    },
  },
  "aws:cloudfront/distribution:Distribution": {
    good: [
      { defaultCacheBehavior: { viewerProtocolPolicy: "redirect-to-https" } },
      { defaultCacheBehavior: { viewerProtocolPolicy: "https-only" } },
    ],
    bad: { "defaultCacheBehavior.viewerProtocolPolicy": [missing, "allow-all"] },
  },
  "gcp:sql/databaseInstance:DatabaseInstance": {
    good: [
      { settings: { ipConfiguration: { sslMode: "ENCRYPTED_ONLY" } } },
      { settings: { ipConfiguration: { sslMode: "TRUSTED_CLIENT_CERTIFICATE_REQUIRED" } } },
      { instanceType: "READ_REPLICA_INSTANCE" },
    ],
    bad: {
      "settings.ipConfiguration.sslMode": [missing, "ALLOW_UNENCRYPTED_AND_ENCRYPTED"],
      settings: [missing, null],
    },
  },
  "gcp:redis/instance:Instance": {
    good: { transitEncryptionMode: "SERVER_AUTHENTICATION" },
    bad: { transitEncryptionMode: [missing, "DISABLED"] },
  },
  "gcp:redis/cluster:Cluster": {
    good: { transitEncryptionMode: "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION" },
    bad: { transitEncryptionMode: [missing, "TRANSIT_ENCRYPTION_MODE_DISABLED"] },
  },
  "gcp:memorystore/instance:Instance": {
    good: { transitEncryptionMode: "SERVER_AUTHENTICATION" },
    bad: { transitEncryptionMode: [missing, "TRANSIT_ENCRYPTION_DISABLED"] },
  },
  "gcp:compute/sSLPolicy:SSLPolicy": {
    good: [{ minTlsVersion: "TLS_1_2" }, { minTlsVersion: "TLS_1_3" }],
    bad: { minTlsVersion: [missing, "TLS_1_0", "TLS_1_1"] },
  },
});

const blocks = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];
const statement = (principal: unknown, more: object = {}) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: "s3:GetObject", ...more }],
  });
const openPolicies = [
  statement("*"),
  statement({ AWS: "*" }),
  statement({ AWS: ["arn:aws:iam::1:root", "*"] }),
  JSON.parse(statement("*")),
  JSON.stringify({ Statement: { Effect: "Allow", Principal: "*" } }),
];
const closedPolicies = [
  statement({ AWS: "arn:aws:iam::1:root" }),
  statement("*", { Effect: "Deny" }),
  statement("*", { Condition: { StringEquals: { "aws:SourceVpce": "vpce-1" } } }),
  "not JSON",
];
const policied = { good: closedPolicies.map((policy) => ({ policy })), bad: { policy: openPolicies } };
const bucketAcl = {
  good: [{ acl: "private" }, {}],
  bad: { acl: ["public-read", "public-read-write", "authenticated-read", "website"] },
};
const database0 = { good: [{ publiclyAccessible: false }, {}], bad: { publiclyAccessible: [true, "true"] } };
const oneMember = {
  good: { role: "roles/viewer", member: "group:ml@example.com" },
  bad: { member: ["allUsers", "allAuthenticatedUsers"] },
};
const manyMembers = {
  good: { role: "roles/viewer", members: ["group:ml@example.com", "user:me@example.com"] },
  bad: { "members.0": ["allUsers", "allAuthenticatedUsers"], "members.1": ["allUsers"] },
};

const publicAccess = typedCases({
  "aws:s3/bucket:Bucket": {
    good: [...bucketAcl.good, ...policied.good],
    bad: { ...bucketAcl.bad, ...policied.bad },
  },
  "aws:s3/bucketV2:BucketV2": {
    good: [...bucketAcl.good, ...policied.good],
    bad: { ...bucketAcl.bad, ...policied.bad },
  },
  "aws:s3/bucketAcl:BucketAcl": bucketAcl,
  "aws:s3/bucketPolicy:BucketPolicy": policied,
  "aws:sqs/queuePolicy:QueuePolicy": policied,
  "aws:sns/topicPolicy:TopicPolicy": policied,
  "aws:ecr/repositoryPolicy:RepositoryPolicy": policied,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
    good: Object.fromEntries(blocks.map((name) => [name, true])),
    bad: Object.fromEntries(blocks.map((name) => [name, off])),
  },
  "aws:rds/instance:Instance": database0,
  "aws:rds/clusterInstance:ClusterInstance": database0,
  "aws:redshift/cluster:Cluster": database0,
  "aws:ec2/securityGroup:SecurityGroup": {
    good: [
      {
        ingress: [
          {
            protocol: "tcp",
            fromPort: 22,
            toPort: 22,
            cidrBlocks: ["10.0.0.0/8"],
            ipv6CidrBlocks: ["fd00::/8"],
          },
        ],
      },
      { ingress: [{ protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: everywhere }] },
      { ingress: [] },
      {},
    ],
    bad: {
      "ingress.0.cidrBlocks": [["0.0.0.0/0"], ["10.0.0.0/8", "0.0.0.0/0"], [" 0.0.0.0/0 "]],
      "ingress.0": [
        { protocol: "tcp", fromPort: 80, toPort: 9000, cidrBlocks: everywhere },
        { protocol: "udp", fromPort: 443, toPort: 443, cidrBlocks: everywhere },
      ],
      "ingress.0.ipv6CidrBlocks": [["::/0"]],
    },
  },
  "aws:ec2/securityGroupRule:SecurityGroupRule": {
    good: [
      { type: "ingress", protocol: "tcp", fromPort: 5432, toPort: 5432, cidrBlocks: ["10.0.0.0/8"] },
      { type: "egress", protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] },
    ],
    bad: { cidrBlocks: [["0.0.0.0/0"]], ipv6CidrBlocks: [["::/0"]] },
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    good: [
      { ipProtocol: "tcp", fromPort: 22, toPort: 22, cidrIpv4: "10.0.0.0/8" },
      { ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIpv4: "0.0.0.0/0" },
      { ipProtocol: "tcp", fromPort: 22, toPort: 22, referencedSecurityGroupId: "sg-1" },
    ],
    bad: { cidrIpv4: ["0.0.0.0/0"], cidrIpv6: ["::/0"] },
  },
  "aws:lambda/functionUrl:FunctionUrl": {
    good: { authorizationType: "AWS_IAM" },
    bad: { authorizationType: ["NONE", missing] },
  },
  "aws:msk/cluster:Cluster": {
    good: [
      { brokerNodeGroupInfo: { connectivityInfo: { publicAccess: { type: "DISABLED" } } } },
      { brokerNodeGroupInfo: { connectivityInfo: { publicAccess: { type: null } } } },
      {},
    ],
    bad: { "brokerNodeGroupInfo.connectivityInfo.publicAccess.type": ["SERVICE_PROVIDED_EIPS"] },
  },
  "gcp:storage/bucket:Bucket": {
    good: { uniformBucketLevelAccess: true, publicAccessPrevention: "enforced" },
    bad: { uniformBucketLevelAccess: off, publicAccessPrevention: [missing, "inherited"] },
  },
  "gcp:storage/bucketIAMMember:BucketIAMMember": oneMember,
  "gcp:projects/iAMMember:IAMMember": oneMember,
  "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": oneMember,
  "gcp:storage/bucketIAMBinding:BucketIAMBinding": manyMembers,
  "gcp:projects/iAMBinding:IAMBinding": manyMembers,
  "gcp:cloudrunv2/serviceIamBinding:ServiceIamBinding": manyMembers,
  "gcp:bigquery/dataset:Dataset": {
    good: [
      { accesses: [{ role: "READER", groupByEmail: "ml@example.com" }] },
      { accesses: [{ specialGroup: "projectOwners" }] },
    ],
    bad: { "accesses.0.specialGroup": ["allAuthenticatedUsers"] },
  },
  "gcp:sql/databaseInstance:DatabaseInstance": {
    good: [
      { settings: { ipConfiguration: { authorizedNetworks: [{ value: "192.0.2.0/24" }] } } },
      { settings: { ipConfiguration: { authorizedNetworks: [{ name: "without a value" }] } } },
      {},
    ],
    bad: { "settings.ipConfiguration.authorizedNetworks.0.value": everywhere },
  },
  "gcp:compute/firewall:Firewall": {
    good: [
      { allows: [{ protocol: "tcp", ports: ["22"] }], sourceRanges: ["10.0.0.0/8"] },
      { allows: [{ protocol: "tcp", ports: ["443", "80"] }], sourceRanges: ["0.0.0.0/0"] },
      { direction: "EGRESS", allows: [{ protocol: "all" }], sourceRanges: ["0.0.0.0/0"] },
      { disabled: true, allows: [{ protocol: "all" }], sourceRanges: ["0.0.0.0/0"] },
    ],
    bad: {
      sourceRanges: [["0.0.0.0/0"], ["10.0.0.0/8", "::/0"]],
      "": [
        [
          { protocol: "tcp", ports: ["443"] },
          { protocol: "tcp", ports: ["22"] },
        ],
        [{ protocol: "tcp", ports: ["443", "22"] }],
        [{ protocol: "udp", ports: ["443"] }],
        [{ protocol: "tcp" }],
      ].map((allows) => ({ allows, sourceRanges: ["0.0.0.0/0"] })),
    },
  },
  "gcp:compute/instance:Instance": {
    good: [{ networkInterfaces: [{ network: "vpc" }] }, { networkInterfaces: [{ accessConfigs: [] }] }],
    bad: { "networkInterfaces.0.accessConfigs": [[{}], [{ natIp: "192.0.2.1" }]] },
  },
});

const privateEndpoints = typedCases({
  "aws:eks/cluster:Cluster": {
    good: [
      { vpcConfig: { endpointPrivateAccess: true, endpointPublicAccess: false } },
      { vpcConfig: { endpointPrivateAccess: true, publicAccessCidrs: ["192.0.2.0/24"] } },
    ],
    bad: {
      "vpcConfig.endpointPrivateAccess": off,
      "vpcConfig.endpointPublicAccess": [true, missing, null],
      "vpcConfig.publicAccessCidrs": [["0.0.0.0/0"], ["192.0.2.0/24", "::/0"]],
      vpcConfig: [missing, null],
    },
  },
  "aws:opensearch/domain:Domain": {
    good: { vpcOptions: { subnetIds: ["a"] } },
    bad: { "vpcOptions.subnetIds": [missing], vpcOptions: [missing] },
  },
  "aws:mwaa/environment:Environment": {
    good: { webserverAccessMode: "PRIVATE_ONLY" },
    bad: { webserverAccessMode: [missing, "PUBLIC_ONLY"] },
  },
  "aws:sagemaker/notebookInstance:NotebookInstance": {
    good: { directInternetAccess: "Disabled" },
    bad: { directInternetAccess: [missing, "Enabled"] },
  },
  "gcp:container/cluster:Cluster": {
    good: [
      { privateClusterConfig: { enablePrivateNodes: true, enablePrivateEndpoint: true } },
      {
        privateClusterConfig: { enablePrivateNodes: true },
        masterAuthorizedNetworksConfig: { cidrBlocks: [] },
      },
    ],
    bad: {
      "privateClusterConfig.enablePrivateNodes": off,
      "privateClusterConfig.enablePrivateEndpoint": [false, missing],
      privateClusterConfig: [missing],
    },
  },
  "gcp:sql/databaseInstance:DatabaseInstance": {
    good: { settings: { ipConfiguration: { ipv4Enabled: false } } },
    bad: { "settings.ipConfiguration.ipv4Enabled": [true, missing, null], settings: [missing] },
  },
  "gcp:compute/subnetwork:Subnetwork": {
    good: { privateIpGoogleAccess: true },
    bad: { privateIpGoogleAccess: off },
  },
});

/** Cases for the rules about clouds that look at single resources, by the rule's id. */
export const cloudCases = {
  "cloud-encryption-at-rest": encryptionAtRest,
  "cloud-encryption-in-transit": encryptionInTransit,
  "cloud-public-access": publicAccess,
  "cloud-private-endpoints": privateEndpoints,
  ...keepingCases,
  ...kindCases,
};
