import {
  type ClusterJob,
  type ClusterJobKind,
  clusterJob,
  type TrainingConnection,
} from "@bedplate/contract";

type ClusterConnection = Extract<TrainingConnection, { kind: "kubernetes" }>;

/** What an attempt is made of. */
export interface AttemptFacts {
  readonly id: string;
  readonly name: string;
  readonly team: string;
  readonly attempt: number;
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly cluster: ClusterJob | null;
}

/** Where an attempt runs, and how long it may take to end and stay. */
export interface Placement {
  readonly connection: ClusterConnection;
  readonly killGraceMs: number;
  readonly retentionMs: number;
}

export const labels = {
  deployment: "bedplate.dev/deployment",
  job: "bedplate.dev/job",
  attempt: "bedplate.dev/attempt",
  team: "bedplate.dev/team",
  kueueQueue: "kueue.x-k8s.io/queue-name",
} as const;

/** Resource names of the API by the kind of object. */
export const resourceOf = { Job: "jobs", TrainJob: "trainjobs", RayJob: "rayjobs" } as const;

/** No account of the image's: any that is not root is as good as another. */
const userId = 10_001;
const gpuResource = "nvidia.com/gpu";

/** The name of everything that an attempt has in the cluster. */
export const attemptName = ({ id, attempt }: Pick<AttemptFacts, "id" | "attempt">) => `job-${id}-${attempt}`;

export const kindOf = ({ cluster }: Pick<AttemptFacts, "cluster">): ClusterJobKind => cluster?.kind ?? "Job";

/** Pods that an attempt has while it runs; a RayJob has a head beside its workers. */
export const podsOf = ({ cluster }: Pick<AttemptFacts, "cluster">) =>
  (cluster?.nodes ?? 1) + (cluster?.kind === "RayJob" ? 1 : 0);

/** What is wrong with a job for a cluster, a sentence each. */
export function clusterProblems(
  { workingDirectory, cluster }: { workingDirectory: string; cluster?: ClusterJob | undefined },
  { image }: ClusterConnection,
): string[] {
  const named = cluster?.image ?? image;
  return [
    ...(named === undefined
      ? ["cluster.image: it is missing, and this installation has no image of its own; name one."]
      : []),
    ...(workingDirectory !== "." && !workingDirectory.startsWith("/")
      ? [
          `workingDirectory: "${workingDirectory}" is relative; in a cluster give an absolute folder of the image, or leave it out.`,
        ]
      : []),
  ];
}

const seconds = (milliseconds: number) => Math.max(1, Math.ceil(milliseconds / 1_000));

function ownLabels(facts: AttemptFacts, { deployment }: ClusterConnection): Record<string, string> {
  return {
    [labels.deployment]: deployment,
    [labels.job]: facts.id,
    [labels.attempt]: String(facts.attempt),
    [labels.team]: facts.team,
  };
}

/** Every variable of the job comes out of its Secret, so that no value of the caller's stands in a manifest. */
function variables(facts: AttemptFacts, names: readonly string[]) {
  const key = (name: string) => ({ secretKeyRef: { name: attemptName(facts), key: name } });
  return names.map((name) => ({ name, valueFrom: key(name) }));
}

function amounts({ cpu, memory, gpus }: ClusterJob) {
  const gpu = gpus > 0 ? { [gpuResource]: String(gpus) } : {};
  return { requests: { cpu, memory, ...gpu }, limits: { memory, ...gpu } };
}

/** GPU nodes are tainted, whatever the value; a job that asks for none stays off them. */
const tolerationsOf = ({ gpus }: ClusterJob) =>
  gpus > 0 ? { tolerations: [{ key: gpuResource, operator: "Exists", effect: "NoSchedule" }] } : {};

const containerSecurity = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

/** What the Pod Security Standard `restricted` asks for, no token of the cluster, and an end within the grace. */
function podSettings(wanted: ClusterJob, killGraceMs: number) {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: seconds(killGraceMs),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: userId,
      runAsGroup: userId,
      fsGroup: userId,
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...tolerationsOf(wanted),
  };
}

function container(
  name: string,
  facts: AttemptFacts,
  wanted: ClusterJob,
  names: readonly string[],
  image: string,
) {
  const [program = "", ...args] = facts.command;
  return {
    name,
    image,
    command: [program],
    args,
    ...(facts.workingDirectory !== "." && { workingDir: facts.workingDirectory }),
    env: variables(facts, names),
    resources: amounts(wanted),
    securityContext: containerSecurity,
    volumeMounts: [{ name: "scratch", mountPath: "/tmp" }],
  };
}

const scratch = { volumes: [{ name: "scratch", emptyDir: {} }] };

interface Parts {
  readonly facts: AttemptFacts;
  readonly placement: Placement;
  readonly wanted: ClusterJob;
  readonly image: string;
  readonly names: readonly string[];
}

/** A Job; attempts are ours to count, so a failed pod ends it, but one that lost its node is put elsewhere. */
function jobSpec({ facts, placement, wanted, image, names }: Parts) {
  const { connection, killGraceMs, retentionMs } = placement;
  return {
    suspend: connection.queue !== undefined,
    parallelism: wanted.nodes,
    completions: wanted.nodes,
    ...(wanted.nodes > 1 && { completionMode: "Indexed" }),
    backoffLimit: 0,
    podFailurePolicy: {
      rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
    },
    activeDeadlineSeconds: seconds(facts.timeoutMs),
    ttlSecondsAfterFinished: seconds(retentionMs),
    template: {
      metadata: { labels: ownLabels(facts, connection) },
      spec: {
        ...podSettings(wanted, killGraceMs),
        containers: [container("job", facts, wanted, names, image)],
        ...scratch,
      },
    },
  };
}

/** A TrainJob; security and launcher are those of its runtime, whose replicated job is called `node`. */
function trainJobSpec({ facts, placement, wanted, image, names }: Parts) {
  const { connection } = placement;
  const [program = "", ...args] = facts.command;
  return {
    suspend: connection.queue !== undefined,
    runtimeRef: { name: wanted.runtime },
    activeDeadlineSeconds: seconds(facts.timeoutMs),
    trainer: {
      image,
      command: [program],
      args,
      env: variables(facts, names),
      numNodes: wanted.nodes,
      resourcesPerNode: amounts(wanted),
    },
    runtimePatches: [
      {
        manager: "bedplate.dev/runtime",
        trainingRuntimeSpec: {
          template: {
            spec: {
              replicatedJobs: [
                {
                  name: "node",
                  template: {
                    spec: {
                      template: {
                        metadata: { labels: ownLabels(facts, connection) },
                        ...(wanted.gpus > 0 && { spec: tolerationsOf(wanted) }),
                      },
                    },
                  },
                },
              ],
            },
          },
        },
      },
    ],
  };
}

/** One word of a POSIX shell; Ray runs its entry point with one. */
const shellWord = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

function rayJobSpec({ facts, placement, wanted, image, names }: Parts) {
  const { connection, killGraceMs, retentionMs } = placement;
  const pod = (name: string, amount: ClusterJob) => {
    const { command: _command, args: _args, ...rest } = container(name, facts, amount, names, image);
    const { restartPolicy: _policy, ...settings } = podSettings(amount, killGraceMs);
    return {
      metadata: { labels: ownLabels(facts, connection) },
      spec: { ...settings, containers: [rest], ...scratch },
    };
  };
  return {
    suspend: connection.queue !== undefined,
    entrypoint: facts.command.map(shellWord).join(" "),
    shutdownAfterJobFinishes: true,
    backoffLimit: 0,
    activeDeadlineSeconds: seconds(facts.timeoutMs),
    ttlSecondsAfterFinished: seconds(retentionMs),
    rayClusterSpec: {
      headGroupSpec: { rayStartParams: {}, template: pod("head", { ...wanted, gpus: 0 }) },
      workerGroupSpecs: [
        {
          groupName: "workers",
          replicas: wanted.nodes,
          minReplicas: wanted.nodes,
          maxReplicas: wanted.nodes,
          rayStartParams: {},
          template: pod("worker", wanted),
        },
      ],
    },
  };
}

const apiVersions = {
  Job: "batch/v1",
  TrainJob: "trainer.kubeflow.org/v1alpha1",
  RayJob: "ray.io/v1",
} as const;
const specs = { Job: jobSpec, TrainJob: trainJobSpec, RayJob: rayJobSpec } as const;

/** The object that runs an attempt. `names`: the variables that its Secret holds. */
export function planWorkload(facts: AttemptFacts, placement: Placement, names: readonly string[]) {
  const kind = kindOf(facts);
  const { connection } = placement;
  const wanted = facts.cluster ?? clusterJob.parse({});
  const image = wanted.image ?? connection.image ?? "";
  return {
    apiVersion: apiVersions[kind],
    kind,
    metadata: {
      name: attemptName(facts),
      namespace: connection.namespace,
      labels: {
        ...ownLabels(facts, connection),
        ...(connection.queue !== undefined && { [labels.kueueQueue]: connection.queue }),
      },
      annotations: { "bedplate.dev/job-name": facts.name },
    },
    spec: specs[kind]({ facts, placement, wanted, image, names }),
  };
}

/** The environment of an attempt: the caller's, and what the platform tells a job. */
export function planVariables(
  facts: AttemptFacts,
  serviceUrl: string,
  token: string,
): Record<string, string> {
  return {
    ...facts.environment,
    MLFLOW_TRACKING_URI: serviceUrl,
    MLFLOW_TRACKING_TOKEN: token,
    BEDPLATE_URL: serviceUrl,
    BEDPLATE_TOKEN: token,
    BEDPLATE_JOB_ID: facts.id,
    BEDPLATE_ATTEMPT: String(facts.attempt),
  };
}

/** The Secret with an attempt's environment; it goes when the object that runs the attempt does. */
export function planSecret(
  facts: AttemptFacts,
  { connection }: Placement,
  owner: { readonly apiVersion: string; readonly kind: string; readonly uid: string },
  values: Readonly<Record<string, string>>,
) {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: attemptName(facts),
      namespace: connection.namespace,
      labels: ownLabels(facts, connection),
      ownerReferences: [{ ...owner, name: attemptName(facts) }],
    },
    immutable: true,
    type: "Opaque",
    stringData: values,
  };
}
