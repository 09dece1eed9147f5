import type { ClusterConnections } from "@bedplate/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Item } from "../kubernetes/addon.plan.ts";
import type { Manifest } from "../kubernetes/manifest.plan.ts";
import { planTeam, type TeamPlan, teamProblems, teamSecrets } from "./team.plan.ts";
import { type TeamConfig, teamSchema } from "./team-schema.plan.ts";

const connections: ClusterConnections = {
  certificates: { issuer: "platform" },
  gateway: { name: "public", namespace: "gateway", className: "envoy-gateway", domain: "ml.example.com" },
  objectStore: {
    product: "seaweedfs",
    endpoint: "http://seaweedfs-s3.object-store:8333",
    region: "us-east-1",
    namespace: "object-store",
    pathStyle: true,
    adminImage: "docker.io/chrislusf/seaweedfs:4.44",
  },
  sql: { host: "platform-rw.sql", port: 5432, namespace: "sql", cluster: "platform" },
  events: { bootstrap: "events:9093", namespace: "events", cluster: "events" },
  monitoring: { namespace: "monitoring", prometheus: "http://prometheus:9090" },
  queue: { cohort: "platform", flavors: ["cpu", "gpu"] },
  runtime: {
    url: "https://bedplate.ml.example.com",
    inside: "http://bedplate.bedplate:4680",
    namespace: "bedplate",
    adminTokenSecret: "runtime-keys",
    image: "registry.example.com/bedplate@sha256:1",
  },
};
const context = { connections, deployment: "prod", production: true };

const teamOf = (name: string, more: Record<string, unknown> = {}): TeamConfig =>
  teamSchema.parse({
    name,
    costCentre: "cc-1",
    groups: { admins: [`${name}-leads`], members: [name] },
    quota: { cpu: 8, memory: "64Gi", gpus: 4 },
    queue: { cpu: { cpu: 4, memory: "16Gi" }, gpu: { cpu: 4, memory: "16Gi", gpus: 2, borrow: 1 } },
    database: true,
    topics: ["frames"],
    ...more,
  });

const itemsOf = ({ chains }: TeamPlan): readonly Item[] => Object.values(chains).flat(2);
const manifestsOf = (plan: TeamPlan): readonly Manifest[] =>
  itemsOf(plan).flatMap((item) => (item.type === "object" ? [item.manifest] : []));
const ofKind = (plan: TeamPlan, kind: string) =>
  manifestsOf(plan).filter((manifest) => manifest.kind === kind);

describe("a team on a platform", () => {
  test("two teams have nothing of one name in one place", () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/), {
      minLength: 2,
      maxLength: 2,
    });
    fc.assert(
      fc.property(names, ([one = "", other = ""]) => {
        const idsOf = (name: string) => {
          const plan = planTeam(teamOf(name), context);
          const objects = manifestsOf(plan).map(
            ({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`,
          );
          const secrets = itemsOf(plan).flatMap((item) =>
            item.type === "secret"
              ? item.secret.copies.map((copy) => `Secret/${copy.namespace}/${copy.name}`)
              : [],
          );
          return [...objects, ...secrets];
        };
        const others = new Set(idsOf(other));
        expect(idsOf(one).filter((id) => others.has(id))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test("no role of it reads Secrets, and only groups are bound to its roles", () => {
    const plan = planTeam(teamOf("vision"), context);
    for (const { rules } of ofKind(plan, "Role"))
      for (const rule of rules as { resources: string[]; verbs: string[] }[])
        if (rule.resources.includes("secrets"))
          expect(rule.verbs.filter((verb) => ["get", "list", "watch", "*"].includes(verb))).toEqual([]);
    const people = ofKind(plan, "RoleBinding").filter(({ metadata }) => metadata.name.startsWith("team-"));
    expect(people.flatMap(({ subjects }) => subjects)).toEqual([
      { apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "vision" },
      { apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "vision-leads" },
    ]);
  });

  test("its Kafka user may use only what begins with its name", () => {
    const [user] = ofKind(planTeam(teamOf("vision"), context), "KafkaUser");
    const own = { resource: { name: "vision.", patternType: "prefix" } };
    expect(user?.spec).toMatchObject({ authorization: { acls: [own, own, own] } });
  });

  test("its share is lent and taken back, and it may borrow what it says", () => {
    const [queue] = ofKind(planTeam(teamOf("vision"), context), "ClusterQueue");
    expect(queue?.spec).toMatchObject({
      cohortName: "platform",
      namespaceSelector: { matchLabels: { "bedplate.dev/team": "vision" } },
      preemption: { reclaimWithinCohort: "Any" },
    });
    expect(JSON.stringify(queue)).toContain('"name":"nvidia.com/gpu","nominalQuota":2,"borrowingLimit":1');
  });

  test("keys are never arguments of a process", () => {
    const jobs = [...ofKind(planTeam(teamOf("vision"), context), "Job")];
    expect(jobs).toHaveLength(2);
    expect(JSON.stringify(jobs)).not.toMatch(/\{\{\w+\}\}/);
  });
});

describe("what a platform cannot give to a team", () => {
  test("is said at once, with the likely fix", () => {
    const keys = teamProblems(teamOf("vision", { groups: {} as never }), {}).map(({ key }) => key);
    expect(keys).toEqual(["team.groups", "team.bucket", "team.database", "team.topics", "team.queue"]);
  });

  test("a share that has no room in the quota is refused", () => {
    const quota = { cpu: 8, memory: "8Gi", gpus: 1 };
    const found = teamProblems(teamOf("vision", { quota }), connections).map(({ key }) => key);
    expect(found).toEqual(["team.quota.gpus", "team.queue.cpu.memory", "team.queue.gpu.memory"]);
  });

  test("a pool that the platform does not have is refused", () => {
    const queue = { "gpu-spot": { cpu: 1, memory: "1Gi", gpus: 1 } };
    const [problem] = teamProblems(teamOf("vision", { queue }), connections);
    expect(problem).toMatchObject({
      key: "team.queue.gpu-spot",
      allowed: "one of the platform's pools cpu, gpu",
    });
  });

  test("a bucket that is there already needs keys of the team's own", () => {
    const existing = {
      objectStore: { product: "existing" as const, region: "eu", pathStyle: true, bucket: "b" },
    };
    expect(teamSecrets(teamOf("vision"), existing)).toHaveLength(2);
    expect(teamSecrets(teamOf("vision"), connections)).toEqual([]);
  });

  test("groups of the cluster's own are refused", () => {
    const groups = { admins: ["system:masters"] };
    expect(() => teamOf("vision", { groups })).toThrow("a group of people");
  });
});
