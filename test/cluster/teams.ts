import { afterAll, beforeAll, expect, test } from "vitest";
import { podSpec } from "../../components/kubernetes/pod.plan.ts";
import { type EngineWorkspace, openEngineWorkspace, repository } from "../engine/engine-workspace.ts";
import type { ApiClient, Caller } from "../support/api-client.ts";
import { type ApiResource, listApiResources } from "../support/api-resources.ts";
import { type ClusterPlatform, configureStack } from "../support/cluster-platform.ts";

/** Where teams live: a platform that is up, with a queue, events and databases. */
interface Place {
  readonly platform: ClusterPlatform;
  readonly api: ApiClient;
}

let platform: ClusterPlatform;
let api: ApiClient;

/** On a machine that is busy with other things two teams take minutes. */
const withinMs = 600_000;

const teamNames = ["speech", "vision"] as const;
type TeamName = (typeof teamNames)[number];
const otherOf = (team: TeamName): TeamName => (team === "vision" ? "speech" : "vision");

/** Everything that a team can have, under the groups `<team>-leads`, `<team>` and `<team>-watchers`. */
const teamValues = (team: TeamName) => ({
  "bedplate:kind": "team",
  "bedplate:owner": team,
  "bedplate:environment": "production",
  "bedplate:platform": `organization/bedplate/${platform.stack}`,
  "bedplate:cluster": { kubeconfig: platform.cluster.kubeconfig },
  "bedplate:team": {
    name: team,
    costCentre: "cc-1",
    groups: { admins: [`${team}-leads`], members: [team], viewers: [`${team}-watchers`] },
    quota: { cpu: 16, memory: "64Gi", storage: "50Gi", gpus: 4 },
    queue: { gpu: { cpu: 8, memory: "32Gi", gpus: 2, borrow: 2 } },
    database: true,
    topics: ["frames"],
  },
});

const person = (group: string): Caller => ({
  user: `one of ${group}`,
  groups: [group, "system:authenticated"],
});
/** The account that a team's pods have. */
const workload = (team: TeamName): Caller => ({
  user: `system:serviceaccount:team-${team}:workload`,
  groups: ["system:serviceaccounts", `system:serviceaccounts:team-${team}`, "system:authenticated"],
});
const callersOf = (team: TeamName) => [
  person(`${team}-leads`),
  person(team),
  person(`${team}-watchers`),
  workload(team),
];

/** The tests of two teams on a platform, within a `describe`; `place` is asked once they run. */
export function testTeams(place: () => Place): void {
  const workspaces = new Map<TeamName, EngineWorkspace>();
  let resources: readonly ApiResource[];
  const options = () => ({ beside: platform.workspace });

  beforeAll(async () => {
    ({ platform, api } = place());
    for (const team of teamNames) {
      const workspace = await openEngineWorkspace(repository.program, `team-${team}`, options());
      workspaces.set(team, workspace);
      const policies = await configureStack(workspace, teamValues(team));
      const up = await workspace.run("up", "--yes", "--skip-preview", ...policies);
      console.info(`team ${team}: up in ${up.wallMs} ms`);
      expect(up.exitCode, up.output).toBe(0);
    }
    resources = await listApiResources(api);
  }, withinMs);
  afterAll(async () => {
    for (const workspace of workspaces.values()) await workspace.close();
  }, withinMs);

  test("come up from the platform's outputs, and change nothing a second time", async () => {
    const workspace = workspaces.get("vision");
    const again = await workspace?.run("up", "--yes", "--skip-preview", "--expect-no-changes");
    expect(again?.exitCode, again?.output).toBe(0);
    expect(await workspace?.outputs()).toMatchObject({ team: "vision", namespace: "team-vision" });
  });

  test("are refused at preview, with everything that the platform cannot give", async () => {
    const workspace = await openEngineWorkspace(repository.program, "team-greedy", options());
    const values = teamValues("vision");
    const queue = { "gpu-spot": { cpu: 1, memory: "128Gi", gpus: 64 } };
    await workspace.configure({
      ...values,
      "bedplate:team": { ...values["bedplate:team"], name: "greedy", groups: {}, queue },
    });
    const { exitCode, output } = await workspace.run("preview");
    await workspace.close();
    expect(exitCode).not.toBe(0);
    for (const key of ["team.groups", "team.quota.gpus", "team.queue.gpu-spot.memory"])
      expect(output).toContain(`bedplate:${key}`);
  });

  test("cannot list, read or make anything of any kind in each other's namespace", async () => {
    const kinds = resources.filter(({ namespaced }) => namespaced);
    expect(kinds.length).toBeGreaterThan(40);
    const tried = teamNames.flatMap((team) => {
      const namespace = `team-${otherOf(team)}`;
      return callersOf(team).flatMap((caller) =>
        kinds.flatMap(({ path }) => [
          { caller, method: "GET" as const, path: path(namespace) },
          { caller, method: "GET" as const, path: `${path(namespace)}/any` },
          { caller, method: "POST" as const, path: path(namespace) },
        ]),
      );
    });
    const answers = await Promise.all(
      tried.map(async ({ caller, method, path }) => {
        const { status } = await api.send(method, path, method === "POST" ? {} : undefined, caller);
        return status === 403 ? [] : [`${caller.user}: ${method} ${path}: ${status}`];
      }),
    );
    console.info(`two teams: ${answers.length} requests in each other's namespace`);
    expect(answers.flat()).toEqual([]);
  });

  /** What the API server says that somebody may do in a namespace, in no order of its own. */
  async function rulesOf(caller: Caller, namespace: string): Promise<readonly string[]> {
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectRulesReview",
      spec: { namespace },
    };
    const { body } = await api.send(
      "POST",
      "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
      review,
      caller,
    );
    const rules: readonly unknown[] = JSON.parse(body).status.resourceRules;
    return rules.map((rule) => JSON.stringify(rule)).sort();
  }

  test("may do in the platform's namespaces and in each other's what any stranger may, and nothing more", async () => {
    const own = platform.plan.namespaces.map(({ name }) => name);
    const stranger = { user: "a stranger", groups: ["system:authenticated"] };
    for (const team of teamNames)
      for (const namespace of [`team-${otherOf(team)}`, ...own, "default", "kube-system"]) {
        const nothing = await rulesOf(stranger, namespace);
        for (const caller of callersOf(team).filter(({ user }) => !user.startsWith("system:")))
          expect(await rulesOf(caller, namespace), `${caller.user} in ${namespace}`).toEqual(nothing);
      }
  });

  test("cannot list or make anything that belongs to the whole cluster, nor list across namespaces", async () => {
    const allowed: string[] = [];
    // Kubernetes itself shows certificate authorities to every account of a pod.
    const kinds = resources.filter(({ name }) => name !== "clustertrustbundles.certificates.k8s.io");
    for (const caller of callersOf("vision"))
      for (const { name, path } of kinds)
        for (const method of ["GET", "POST"] as const) {
          const { status } = await api.send(method, path(), method === "POST" ? {} : undefined, caller);
          if (status !== 403 && status !== 405) allowed.push(`${caller.user}: ${method} ${name}: ${status}`);
        }
    expect(allowed).toEqual([]);
  });

  /** Whether the API server says that somebody may do something in the team vision's own namespace. */
  async function may(caller: Caller, verb: string, resource: string): Promise<boolean> {
    const [name = "", ...group] = resource.split(".");
    const [kind, subresource] = name.split("/");
    const resourceAttributes = {
      namespace: "team-vision",
      verb,
      resource: kind,
      subresource,
      group: group.join("."),
    };
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes },
    };
    const { body } = await api.send(
      "POST",
      "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      review,
      caller,
    );
    return JSON.parse(body).status.allowed;
  }

  test("may do at home what their roles are meant for, and no more", async () => {
    const groups = ["vision-leads", "vision", "vision-watchers"];
    const table: readonly [verb: string, resource: string, who: readonly boolean[]][] = [
      ["list", "pods", [true, true, true]],
      ["get", "pods/log", [true, true, true]],
      ["create", "jobs.batch", [true, true, false]],
      ["create", "rayjobs.ray.io", [true, true, false]],
      ["create", "trainjobs.trainer.kubeflow.org", [true, true, false]],
      ["delete", "inferenceservices.serving.kserve.io", [true, true, false]],
      ["create", "secrets", [true, false, false]],
      ["get", "secrets", [false, false, false]],
      ["list", "secrets", [false, false, false]],
      ["create", "serviceaccounts/token", [false, false, false]],
      ["create", "rolebindings.rbac.authorization.k8s.io", [false, false, false]],
      ["update", "networkpolicies.networking.k8s.io", [false, false, false]],
      ["update", "resourcequotas", [false, false, false]],
      ["create", "localqueues.kueue.x-k8s.io", [false, false, false]],
      ["create", "pods/exec", [false, false, false]],
    ];
    for (const [verb, resource, who] of table)
      expect(
        await Promise.all(groups.map((group) => may(person(group), verb, resource))),
        `${verb} ${resource}`,
      ).toEqual(who);
    expect(await may(workload("vision"), "list", "pods")).toBe(false);
  });

  test("run hardened pods only, within their quota", async () => {
    const lead = person("vision-leads");
    const make = async (spec: object) =>
      api.send(
        "POST",
        "/api/v1/namespaces/team-vision/pods?dryRun=All",
        { apiVersion: "v1", kind: "Pod", metadata: { name: "mine" }, spec },
        lead,
      );
    const limits = { memory: "1Gi" };
    const plain = { containers: [{ name: "main", image: "registry.example/main", resources: { limits } }] };
    const refused = await make(plain);
    expect(refused).toMatchObject({ status: 403, body: expect.stringContaining("violates PodSecurity") });
    const image = `registry.example/main@sha256:${"a".repeat(64)}`;
    const hardened = (memory: string) =>
      podSpec({ containers: [{ name: "main", image, size: { cpu: "1", memory } }] });
    expect(await make(hardened("1Gi"))).toMatchObject({ status: 201 });
    expect(await make(hardened("128Gi"))).toMatchObject({
      status: 403,
      body: expect.stringContaining("exceeded quota: team"),
    });
  });

  test("get their token from an account that can write that one Secret and no other", async () => {
    const registry: Caller = {
      user: "system:serviceaccount:bedplate:registry-vision",
      groups: ["system:serviceaccounts", "system:serviceaccounts:bedplate", "system:authenticated"],
    };
    const patch = (namespace: string, name: string) =>
      api.send(
        "PATCH",
        `/api/v1/namespaces/${namespace}/secrets/${name}?dryRun=All`,
        { stringData: { token: "t" } },
        registry,
      );
    expect(await patch("team-vision", "registry-token")).toMatchObject({ status: 200 });
    expect(await patch("team-speech", "registry-token")).toMatchObject({ status: 403 });
    expect(await patch("team-vision", "team-vision-keys")).toMatchObject({ status: 403 });
  });
}
