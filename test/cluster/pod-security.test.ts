import { trainingConnection } from "@bedplate/contract";
import { type Cluster, startCluster } from "@bedplate/tools/cluster";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everyPlan } from "../../components/kubernetes/every-addon.ts";
import { recordReference } from "../golden/reference-stacks.ts";
import { type ApiClient, openApiClient } from "../support/api-client.ts";
import { type PodTemplate, podTemplates } from "../support/pod-templates.ts";
import { trainingKinds, trainingObject } from "../support/training-object.ts";

/** A cluster is there in seconds; on a machine that is busy with other things it takes minutes. */
const withinMs = 600_000;
const version = "v1.37";
let cluster: Cluster;
let api: ApiClient;

/** A namespace that is judged at a level. */
const namespace = (level: "restricted" | "baseline") => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name: level,
    labels: {
      "pod-security.kubernetes.io/enforce": level,
      "pod-security.kubernetes.io/enforce-version": version,
    },
  },
});

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.apply([namespace("restricted"), namespace("baseline")]);
  api = await openApiClient(cluster);
}, withinMs);
afterAll(async () => {
  api?.close();
  await cluster?.stop();
});

/** What the API server says to a pod in a namespace of its level; nothing is made. */
async function judge(level: "restricted" | "baseline", spec: PodTemplate["spec"]) {
  // An account is in the namespace that its pods are meant for, and no standard looks at it. A runtime of KServe has
  // fields of its own beside a pod's, which are passed over.
  const { serviceAccountName: _account, ...pod } = spec;
  const judged = { apiVersion: "v1", kind: "Pod", metadata: { name: "judged" }, spec: pod };
  return api.send("POST", `/api/v1/namespaces/${level}/pods?dryRun=All`, judged);
}

const plans = [false, true].flatMap(everyPlan);

/** Pods of every add-on in both sizes, of what the committed stacks have, a team's included, and of training jobs. */
async function templates(): Promise<PodTemplate[]> {
  const items = plans.flatMap(({ addons }) => addons.flatMap(({ plan }) => plan.stages.flat()));
  const planned = items.flatMap((item) => (item.type === "object" ? [item.manifest] : []));
  const recorded = await Promise.all(
    ["dev-kubernetes", "prod-kubernetes", "team-vision"].map(async (stack) =>
      (await recordReference(stack)).flatMap(({ type, name, inputs }) =>
        type.startsWith("kubernetes:") && !type.includes(":helm.sh/")
          ? [
              {
                kind: type.split(":").at(-1) ?? "",
                metadata: { name, ...Object(inputs.metadata) },
                ...inputs,
              },
            ]
          : [],
      ),
    ),
  );
  return podTemplates([...planned, ...recorded.flat(), ...trainingObjects()]);
}

/** What the service makes of a training job, once a kind. */
function trainingObjects() {
  const connection = trainingConnection.parse({
    kind: "kubernetes",
    namespace: "jobs",
    deployment: "test",
    serviceUrl: "http://bedplate.bedplate:4680",
    image: "registry.example/train",
    server: cluster.server,
    caFile: cluster.caFile,
    tokenFile: "/token",
  });
  if (connection.kind !== "kubernetes") throw new Error("it trains elsewhere");
  return trainingKinds.map((kind) => trainingObject(kind, connection));
}

/**
 * Namespaces that are judged less strictly, each with a pod that it is for: the least that a chart's program does there
 * which `baseline` refuses too, by the chart's own sources. The charts themselves cannot be had here.
 */
const exceptions: Readonly<Record<string, PodTemplate["spec"]>> = {
  // nvidia-device-plugin and gpu-operator: the kubelet's socket for devices.
  gpu: onNode({ hostPath: "/var/lib/kubelet/device-plugins" }),
  // prometheus-node-exporter and the collector of logs: the node's processes, disks and logs.
  "node-agents": onNode({ hostPath: "/proc" }),
  datadog: onNode({ hostPath: "/proc" }),
  "new-relic": onNode({ hostPath: "/" }),
  // istio-cni puts its program among those that set up the node's network.
  "istio-system": onNode({ hostPath: "/opt/cni/bin" }),
};

/** A pod that is hardened in every other way. */
function onNode({ hostPath }: { readonly hostPath: string }): PodTemplate["spec"] {
  return {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "agent",
        image: "registry.example/agent",
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        volumeMounts: [{ name: "node", mountPath: "/node", readOnly: true }],
      },
    ],
    volumes: [{ name: "node", hostPath: { path: hostPath } }],
  };
}

describe("Pod Security restricted on the real API server", { timeout: withinMs }, () => {
  test("takes every pod that our components and the service describe", async () => {
    const all = await templates();
    const kinds = [...new Set(all.map(({ owner }) => owner.split(" ")[0]))].sort();
    console.info(`${all.length} pod templates of ${kinds.join(", ")}`);
    expect(kinds).toEqual(
      expect.arrayContaining(["ClusterServingRuntime", "CronJob", "Deployment", "Job", "RayJob"]),
    );
    const refused: string[] = [];
    for (const { owner, spec } of all) {
      const { status, body } = await judge("restricted", spec);
      if (status !== 201) refused.push(`${owner}: ${status} ${JSON.parse(body).message}`);
    }
    expect(refused).toEqual([]);
  });

  test("refuses each of them once its containers may gain privileges", async () => {
    for (const { owner, spec } of await templates()) {
      const containers = (spec.containers as readonly object[]).map((each) => ({
        ...each,
        securityContext: { ...Object(each).securityContext, allowPrivilegeEscalation: true },
      }));
      const { status, body } = await judge("restricted", { ...spec, containers });
      expect({ owner, status, body }).toMatchObject({
        status: 403,
        body: expect.stringContaining("violates PodSecurity"),
      });
    }
  });

  test("does not hold where agents work on the node itself, and only there", async () => {
    const lax = plans.flatMap(({ namespaces }) => namespaces.filter(({ level }) => level !== undefined));
    expect([...new Set(lax.map(({ name }) => name))].sort()).toEqual(Object.keys(exceptions).sort());
    for (const { name, reason } of lax) expect(reason, name).toMatch(/\w+/);
    // Nothing of our own hides behind an exception.
    expect((await templates()).filter(({ namespace: own = "" }) => own in exceptions)).toEqual([]);
  });

  test.for(Object.entries(exceptions))(
    "needs the exception %s: baseline refuses its agent too",
    async ([, spec]) => {
      for (const level of ["restricted", "baseline"] as const)
        expect(await judge(level, spec)).toMatchObject({
          status: 403,
          body: expect.stringContaining(`violates PodSecurity \\"${level}:${version}\\": `),
        });
    },
  );
});
