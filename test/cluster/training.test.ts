import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  roleRules,
  settings as settingsSchema,
  type TrainingJob,
  type TrainingJobSpecInput,
  trainingAccess,
  trainingConnection,
  trainingJobSpec,
} from "@bedplate/contract";
import { type Cluster, endingAnnotation, installCrds, startCluster } from "@bedplate/tools/cluster";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createTrainingStore, type TrainingStore } from "../../runtime/src/store/training-store.ts";
import { type Dispatcher, openDispatcher } from "../../runtime/src/training/dispatcher.ts";
import { openTestDatabase } from "../../runtime/testing/memory-database.ts";

const namespace = "training";
const account = "bedplate";
/** A cluster is there in seconds; on a machine that is busy with other things it takes minutes. */
const setUpWithinMs = 600_000;
let cluster: Cluster;
/** Operators whose CRDs could not be had here, each with the reason. */
let missing: readonly string[];
let folder: string;
let database: Awaited<ReturnType<typeof openTestDatabase>>;
let store: TrainingStore;
let dispatcher: Dispatcher;
const tokens = new Set<string>();
const problems: unknown[] = [];

const dispatch = settingsSchema.shape.dispatch.parse({ concurrency: 10, pollIntervalMs: 200 });

async function open(queue?: string): Promise<void> {
  const connection = trainingConnection.parse({
    kind: "kubernetes",
    namespace,
    deployment: "test",
    serviceUrl: "http://bedplate.training:4680",
    image: "registry.example/train",
    server: cluster.server,
    caFile: cluster.caFile,
    tokenFile: join(folder, "token"),
    ...(queue !== undefined && { queue }),
  });
  dispatcher = await openDispatcher({
    store,
    identities: {
      issueJobToken: async (jobId) => {
        tokens.add(jobId);
        return `token-of-${jobId}`;
      },
      revokeJobTokens: async (jobId) => void tokens.delete(jobId),
    },
    connection,
    settings: dispatch,
    clock: Date.now,
    log: { error: (fields) => problems.push(fields) },
  });
  await dispatcher.start("http://unused");
}

/** The namespace as the platform makes it, and the account of the service with the one Role. */
const surroundings = [
  {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespace,
      labels: {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "v1.37",
      },
    },
  },
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: account, namespace },
    rules: roleRules(trainingAccess),
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: account, namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: account },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  },
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-training-"));
  database = await openTestDatabase();
  store = createTrainingStore(database.db, Date.now);
  cluster = await startCluster();
  missing = (await installCrds(cluster, ["kuberay", "kubeflow-trainer"])).skipped;
  await cluster.apply(surroundings);
  // Pods run until a test ends them.
  await cluster.kubectl(["delete", "stage", "pod-complete"]);
  const token = await cluster.kubectl(["create", "token", account, "-n", namespace]);
  await writeFile(join(folder, "token"), token, { mode: 0o600 });
}, setUpWithinMs);
afterAll(async () => {
  await database?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await dispatcher.close();
  // A kind whose CRD could not be had is not asked for: kubectl would refuse all.
  const served = await cluster.kubectl(["api-resources", "-o", "name"]);
  const kinds = ["jobs.batch", "trainjobs.trainer.kubeflow.org", "rayjobs.ray.io"];
  const known = kinds.filter((kind) => served.includes(kind)).join();
  await cluster.kubectl(["delete", known, "--all", "-n", namespace, "--wait=false"]);
  await database.db.deleteFrom("training_jobs").execute();
  problems.length = 0;
});

const submit = (spec: Omit<TrainingJobSpecInput, "name" | "command">) =>
  dispatcher.submit(
    trainingJobSpec.parse({ name: "train", command: ["python", "train.py"], ...spec }),
    "tester",
  );

async function until(
  id: string,
  isThere: (job: TrainingJob) => boolean,
  withinMs = 60_000,
): Promise<TrainingJob> {
  for (const end = Date.now() + withinMs; ; await sleep(100)) {
    const job = await dispatcher.get(id);
    if (isThere(job)) return job;
    if (Date.now() > end) throw new Error(`not there: ${JSON.stringify({ job, problems })}`);
  }
}

const podsOf = async (id: string) =>
  JSON.parse(
    await cluster.kubectl(["get", "pods", "-n", namespace, "-l", `bedplate.dev/job=${id}`, "-o", "json"]),
  ).items;

/** Waits until a job's pods run, and answers them. */
async function untilRunning(id: string) {
  await until(id, (job) => job.state === "running");
  for (;;) {
    const pods = await podsOf(id);
    if (pods.length > 0 && pods.every((pod: { status: { phase: string } }) => pod.status.phase === "Running"))
      return pods;
    await sleep(100);
  }
}

/** Tells kwok how a job's pods end. */
const endPods = (id: string, how: "succeed" | "fail") =>
  cluster.kubectl([
    ...["annotate", "pods", "-n", namespace, "-l", `bedplate.dev/job=${id}`],
    ...["--overwrite", `${endingAnnotation}=${how}`],
  ]);

const namesOf = (kinds: string) => cluster.kubectl(["get", kinds, "-n", namespace, "-o", "name"]);

describe("a training job in a cluster", () => {
  test("that asks for 2 GPUs runs on a GPU node under the restricted standard, and its end is kept", async () => {
    await open();
    const { id } = await submit({ cluster: { gpus: 2 }, environment: { HUSH: "not-in-a-manifest" } });
    const [pod] = await untilRunning(id);
    expect(pod.spec.nodeName).toMatch(/^gpu-/);
    expect(pod.spec).toMatchObject({ automountServiceAccountToken: false });
    expect(JSON.stringify(pod)).not.toContain("not-in-a-manifest");
    expect(tokens.has(id)).toBe(true);
    await endPods(id, "succeed");
    expect(await until(id, (job) => job.state !== "running")).toMatchObject({
      state: "succeeded",
      exitCode: 0,
    });
    expect(tokens.has(id)).toBe(false);
  });

  test("that asks for 64 GPUs says what it waits for, and is gone with its Secret when it is cancelled", async () => {
    await open();
    const { id } = await submit({ cluster: { gpus: 64 } });
    const job = await until(id, ({ reason }) => reason !== null);
    expect(job).toMatchObject({
      state: "running",
      reason: expect.stringContaining("Insufficient nvidia.com/gpu"),
    });
    await dispatcher.cancel(id, "tester");
    expect(await until(id, ({ state }) => state === "cancelled")).toMatchObject({
      reason: "It was cancelled.",
    });
    // The garbage collector follows the Job's owner references.
    while ((await namesOf("jobs,pods,secrets")).includes(id)) await sleep(100);
  });

  test("that fails is tried again, and its exit code is kept", async () => {
    await open();
    const { id } = await submit({ maxAttempts: 2 });
    for (const attempt of [1, 2]) {
      await until(id, (job) => job.attempt === attempt && job.state === "running");
      while (!JSON.stringify(await podsOf(id)).includes(`"bedplate.dev/attempt":"${attempt}"`))
        await sleep(50);
      await endPods(id, "fail");
    }
    expect(await until(id, (job) => job.state === "failed")).toMatchObject({ exitCode: 3, attempt: 2 });
  });

  test("goes on while the API server is away, and ends when it is back", async () => {
    await open();
    const { id } = await submit({});
    await untilRunning(id);
    await cluster.killApiServer();
    await sleep(500);
    expect(await dispatcher.get(id)).toMatchObject({ state: "running" });
    expect(problems.length).toBeGreaterThan(0);
    await cluster.startApiServer();
    await endPods(id, "succeed");
    expect(await until(id, (job) => job.state !== "running")).toMatchObject({
      state: "succeeded",
      attempt: 1,
    });
  });

  test("that ends while the service is away is settled by the next one, and runs once", async () => {
    await open();
    const { id } = await submit({});
    await untilRunning(id);
    await dispatcher.close();
    await endPods(id, "succeed");
    await open();
    expect(await until(id, (job) => job.state !== "running")).toMatchObject({
      state: "succeeded",
      attempt: 1,
    });
    expect(await podsOf(id)).toHaveLength(1);
  });

  test("whose object somebody deletes is lost, and says so", async () => {
    await open();
    const { id } = await submit({});
    await untilRunning(id);
    await cluster.kubectl(["delete", "jobs", "--all", "-n", namespace]);
    expect(await until(id, (job) => job.state === "failed")).toMatchObject({
      reason: expect.stringContaining("not known"),
    });
  });

  test("whose pods a quota refuses says so while it runs, and what it waits for once the quota is gone", async () => {
    await open();
    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "small", namespace },
      spec: { hard: { "requests.memory": "100Gi" } },
    };
    await cluster.apply([quota]);
    const { id } = await submit({ cluster: { memory: "200Gi" } });
    const refused = await until(id, ({ reason }) => reason !== null);
    expect(refused).toMatchObject({
      state: "running",
      reason: expect.stringMatching(/^The cluster refuses its pods: .*exceeded quota: small/),
    });
    await cluster.kubectl(["delete", "resourcequota/small", "-n", namespace]);
    // No node that it may use has so much memory.
    await until(id, ({ reason }) => reason?.startsWith("It waits for a node:") === true);
  });

  test("waits for its Kueue queue where there is one", async () => {
    await open("team-a");
    const { id } = await submit({});
    expect(await until(id, ({ reason }) => reason !== null)).toMatchObject({
      reason: "It waits in the queue team-a to be admitted.",
    });
  });

  test.for([
    {
      kind: "TrainJob",
      operator: "kubeflow-trainer",
      status: {
        conditions: [
          {
            type: "Complete",
            status: "True",
            reason: "Done",
            message: "done",
            lastTransitionTime: "2026-01-01T00:00:00Z",
          },
        ],
      },
    },
    {
      kind: "RayJob",
      operator: "kuberay",
      status: { jobStatus: "SUCCEEDED", jobDeploymentStatus: "Complete" },
    },
  ] as const)(
    "can be a $kind, which the operator's own schema takes, and whose status ends it",
    async ({ kind, operator, status }, { skip }) => {
      await open();
      const reason = missing.find((each) => each.startsWith(operator));
      skip(reason !== undefined, `no CRDs of ${reason}`);
      const { id } = await submit({ cluster: { kind, nodes: 2, gpus: 1 } });
      const resource = `${kind.toLowerCase()}s`;
      while ((await namesOf(resource)) === "") await sleep(100);
      const [name = ""] = (await namesOf(resource)).split("\n");
      await cluster.kubectl([
        ...["patch", name, "-n", namespace, "--subresource=status", "--type=merge"],
        ...["-p", JSON.stringify({ status })],
      ]);
      expect(await until(id, (job) => job.state !== "running")).toMatchObject({ state: "succeeded" });
    },
  );

  test("that the API server refuses fails with what it says", async () => {
    await open();
    // More than the 1 MiB that a Secret may hold.
    const names = Array.from({ length: 40 }, (_, at) => `PART_${at}`);
    const environment = Object.fromEntries(names.map((name) => [name, "x".repeat(32_768)]));
    const { id } = await submit({ environment });
    const job = await until(id, ({ state }) => state === "failed");
    expect(job.reason).toContain("The cluster refuses it:");
    while ((await namesOf("jobs,pods,secrets")).includes(id)) await sleep(100);
  });
});

describe("the service's account", () => {
  const as = (name: string) => ["--as", `system:serviceaccount:${namespace}:${name}`];
  /** What an account may do, one line each. */
  const review = async (name: string, where: string) => {
    const body = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectRulesReview",
      spec: { namespace: where },
    };
    // Validation by kubectl would list CRDs, which the account may not.
    const create = ["create", "--validate=false", "-f", "-", "-o", "json", ...as(name)];
    const { resourceRules } = JSON.parse(await cluster.kubectl(create, JSON.stringify(body))).status;
    return rows(resourceRules);
  };
  type Rule = Readonly<Record<"apiGroups" | "resources" | "verbs", readonly string[]>>;
  const rows = (rules: readonly Rule[]) =>
    rules.map(({ apiGroups, resources, verbs }) => `${apiGroups} ${resources}: ${verbs}`).sort();

  test("may do exactly what the client can call beyond what every account may, and nowhere else", async () => {
    await open();
    const anyAccounts = await review("default", namespace);
    expect(await review(account, namespace)).toEqual(
      [...anyAccounts, ...rows(roleRules(trainingAccess))].sort(),
    );
    expect(await review(account, "default")).toEqual(anyAccounts);
    expect(await review(account, "kube-system")).toEqual(anyAccounts);
  });

  test("is refused what it could use to climb: reading secrets, binding roles, looking into pods", async () => {
    await open();
    for (const call of [
      ["get", "secrets"],
      ["get", "roles"],
      ["get", "pods", "-A"],
      ["get", "nodes"],
    ]) {
      await expect(cluster.kubectl([...call, "-n", namespace, ...as(account)])).rejects.toThrow("forbidden");
    }
  });
});
