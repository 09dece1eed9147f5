import {
  all,
  defineTypedRule,
  each,
  eachText,
  isNoneOf,
  isOn,
  isOneOf,
  staysOff,
  wants,
  where,
} from "../../lib/expectation.ts";
import { anyonesStatements } from "../../lib/iam.ts";
import { type Fields, fieldsOf, isTrue, isUnknown, itemsOf, numberOf, quote } from "../../lib/plain-data.ts";

const everywhere = new Set(["0.0.0.0/0", "::/0"]);
const notEverywhere = (range: string) => !everywhere.has(range.trim());
const nameNetworks = "name the networks that need it";
/** What a gateway is reached at. */
const webPorts = new Set([80, 443]);

const portFields = ["fromPort", "toPort", "protocol", "ipProtocol"];
const isWebOnly = (from: unknown, until: unknown, protocol: unknown, ipProtocol: unknown) =>
  from === until && webPorts.has(numberOf(from)) && (protocol ?? ipProtocol) === "tcp";

const openRange = where(
  [...portFields, "type"],
  (from, until, protocol, ipProtocol, type) =>
    !isWebOnly(from, until, protocol, ipProtocol) && type !== "egress",
  all(
    eachText("cidrBlocks", notEverywhere, nameNetworks),
    eachText("ipv6CidrBlocks", notEverywhere, nameNetworks),
  ),
);

const cannedPublic = ["public-read", "public-read-write", "authenticated-read", "website"];
const acl = isNoneOf("acl", cannedPublic, 'use "private" and a policy that names who may read');

/** A policy that lets anybody in, unless a condition narrows it. */
const policyDocument = (path: string) => (properties: Fields) =>
  anyonesStatements(properties[path]).map((place) => `${path}.${place} lets everybody in: name who may`);

const everybody: ReadonlySet<unknown> = new Set(["allUsers", "allAuthenticatedUsers"]);
const member = wants("member", (value) => !everybody.has(value), "name who may");
const members = eachText("members", (value) => !everybody.has(value), "name who may");

const publicPorts = (allows: unknown, direction: unknown, disabled: unknown) =>
  direction !== "EGRESS" &&
  !isTrue(disabled) &&
  !itemsOf(allows).every((allow) => {
    const { protocol, ports } = fieldsOf(allow);
    const listed = itemsOf(ports);
    return protocol === "tcp" && listed.length > 0 && listed.every((port) => webPorts.has(numberOf(port)));
  });

function networkInterfaces({ networkInterfaces: list }: Fields): readonly string[] {
  return itemsOf(list).flatMap((item, index) => {
    const { accessConfigs } = fieldsOf(item);
    if (isUnknown(accessConfigs) || itemsOf(accessConfigs).length === 0) return [];
    return [
      `networkInterfaces[${index}].accessConfigs is ${quote(accessConfigs)}: remove it, and reach it inside`,
    ];
  });
}

export const publicAccess = defineTypedRule(
  import.meta.url,
  {
    description:
      "Nothing but a gateway's web ports is open to everybody: no bucket, database, port, function or role.",
    severity: "critical",
    controls: [
      "CIS AWS 2.1.4",
      "CIS AWS 5.2",
      "CIS AWS 5.3",
      "CIS GCP 3.6",
      "CIS GCP 5.1",
      "CIS GCP 6.5",
      "SOC 2 CC6.6",
    ],
    remediation: "Name who may reach it, put it behind the gateway, and block public access of buckets.",
  },
  {
    "aws:s3/bucket:Bucket": all(acl, policyDocument("policy")),
    "aws:s3/bucketV2:BucketV2": all(acl, policyDocument("policy")),
    "aws:s3/bucketAcl:BucketAcl": acl,
    "aws:s3/bucketPolicy:BucketPolicy": policyDocument("policy"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": all(
      ...["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].map((path) =>
        isOn(path),
      ),
    ),
    "aws:rds/instance:Instance": staysOff("publiclyAccessible"),
    "aws:rds/clusterInstance:ClusterInstance": staysOff("publiclyAccessible"),
    "aws:redshift/cluster:Cluster": staysOff("publiclyAccessible"),
    "aws:ec2/securityGroup:SecurityGroup": each("ingress", openRange),
    "aws:ec2/securityGroupRule:SecurityGroupRule": openRange,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": where(
      portFields,
      (from, until, protocol, ipProtocol) => !isWebOnly(from, until, protocol, ipProtocol),
      all(
        wants("cidrIpv4", (range) => typeof range !== "string" || notEverywhere(range), nameNetworks),
        wants("cidrIpv6", (range) => typeof range !== "string" || notEverywhere(range), nameNetworks),
      ),
    ),
    "aws:lambda/functionUrl:FunctionUrl": isOneOf("authorizationType", ["AWS_IAM"]),
    "aws:sqs/queuePolicy:QueuePolicy": policyDocument("policy"),
    "aws:sns/topicPolicy:TopicPolicy": policyDocument("policy"),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": policyDocument("policy"),
    "aws:msk/cluster:Cluster": wants(
      "brokerNodeGroupInfo.connectivityInfo.publicAccess.type",
      (type) => type === undefined || type === null || type === "DISABLED",
      'use "DISABLED"',
    ),
    "gcp:storage/bucket:Bucket": all(
      isOn("uniformBucketLevelAccess"),
      isOneOf("publicAccessPrevention", ["enforced"]),
    ),
    "gcp:storage/bucketIAMMember:BucketIAMMember": member,
    "gcp:storage/bucketIAMBinding:BucketIAMBinding": members,
    "gcp:projects/iAMMember:IAMMember": member,
    "gcp:projects/iAMBinding:IAMBinding": members,
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember": member,
    "gcp:cloudrunv2/serviceIamBinding:ServiceIamBinding": members,
    "gcp:bigquery/dataset:Dataset": each(
      "accesses",
      isNoneOf("specialGroup", ["allAuthenticatedUsers"], "name a group of people"),
    ),
    "gcp:sql/databaseInstance:DatabaseInstance": each(
      "settings.ipConfiguration.authorizedNetworks",
      wants("value", (range) => typeof range !== "string" || notEverywhere(range), nameNetworks),
    ),
    "gcp:compute/firewall:Firewall": where(
      ["allows", "direction", "disabled"],
      publicPorts,
      eachText("sourceRanges", notEverywhere, nameNetworks),
    ),
    "gcp:compute/instance:Instance": networkInterfaces,
  },
);
