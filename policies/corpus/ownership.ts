import { unknownValue } from "../lib/plain-data.ts";
import type { ResourceView } from "../lib/rule.ts";
import { resource } from "../lib/rule-cases.ts";
import type { ResourceCases } from "./resource-case.ts";

const labels = { "bedplate.dev/owner": "me", "bedplate.dev/environment": "test" };

const below = (
  parents: string,
  properties: unknown,
  type = "kubernetes:core/v1:Service",
  more: Partial<ResourceView> = {},
) => resource(properties, { type, urn: `urn:pulumi:s::p::${parents}$${type}::it`, ...more });
const ours = (properties: unknown, type?: string, more?: Partial<ResourceView>) =>
  below("bedplate:sql:EmbeddedSql", properties, type, more);

const ownerAndEnvironment: ResourceCases = {
  bad: [
    ["no labels", ours({})],
    ["an owner alone", ours({ labels: { "bedplate.dev/owner": "me" } })],
    ["an environment alone", ours({ labels: { "bedplate.dev/environment": "test" } })],
    ["an empty owner", ours({ labels: { ...labels, "bedplate.dev/owner": "" } })],
    ["a blank owner", ours({ labels: { ...labels, "bedplate.dev/owner": "  " } })],
    ["an owner that is a number", ours({ labels: { ...labels, "bedplate.dev/owner": 7 } })],
    ["an owner that is null", ours({ labels: { ...labels, "bedplate.dev/owner": null } })],
    ["labels that are a text", ours({ labels: "owner=me" })],
    ["labels under another name", ours({ annotations: labels })],
    ["a list of odd tags", ours({ tags: [null, 1, { key: 2, value: "x" }] })],
    ["a resource far below", below("a:b:C$bedplate:sql:EmbeddedSql$x:y:Z", {})],
    ["our own kind without a parent", resource({}, { type: "pulumi-nodejs:dynamic/bedplate:LocalFolder" })],
    ["labels of another's kind of package", ours({}, "acme:random:Thing")],
    ["a kind that only begins like a release", ours({}, "kubernetes:helm.sh/v3:ReleaseNote")],
    ["properties that are nothing", ours(undefined)],
    ["properties that are null", ours(null)],
    ["properties that are a list", ours([labels])],
  ],
  good: [
    ["labels", ours({ labels })],
    ["labels of metadata", ours({ metadata: { labels } })],
    ["tags", ours({ tags: labels })],
    ["a list of tags", ours({ tags: Object.entries(labels).map(([key, value]) => ({ key, value })) })],
    [
      "a list of tags in capitals",
      ours({ tags: Object.entries(labels).map(([Key, Value]) => ({ Key, Value })) }),
    ],
    [
      "user labels of Google",
      ours({ userLabels: { "bedplate-dev-owner": "me", "bedplate-dev-environment": "test" } }),
    ],
    ["labels of a resource", ours({ resourceLabels: labels })],
    ["labels as they are in effect", ours({ effectiveLabels: labels })],
    ["labels that are not known yet", ours({ labels: unknownValue, tags: {} })],
    ["a URN without parts", resource({}, { urn: "urn:pulumi:s::p" })],
    ["labels of Google", ours({ labels: { bedplate_dev_owner: "me", bedplate_dev_environment: "test" } })],
    [
      "one in labels and one in tags",
      ours({ labels: { "bedplate.dev/owner": "a" }, tags: { "bedplate.dev/environment": "b" } }),
    ],
    ["another's resource", below("acme:sql:Sql", {})],
    ["a resource of nobody", resource({})],
    ["a name that only looks like ours", below("notbedplate:sql:Sql", {})],
    ["a component", ours({}, "acme:any:Component", { custom: false })],
    ["a component of ours", resource({}, { type: "bedplate:sql:EmbeddedSql", custom: false })],
    ["a random password", ours({}, "random:index/randomPassword:RandomPassword")],
    ["a provider", ours({}, "pulumi:providers:kubernetes")],
    [
      "our own kind with labels",
      resource({ labels }, { type: "pulumi-nodejs:dynamic/bedplate:LocalFolder" }),
    ],
    ["an empty URN", resource({}, { urn: "" })],
  ],
};

export const ownershipCases = { "ownership-owner-and-environment": ownerAndEnvironment };
