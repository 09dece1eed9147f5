import type { Manifest, ObjectMeta } from "./manifest.plan.ts";

/** User and group that our pods run as. */
export const podUser = 10_001;

/** The pod's part of Pod Security `restricted`; charts take it as a value. */
export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: podUser,
  runAsGroup: podUser,
  fsGroup: podUser,
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** The container's part of Pod Security `restricted`, for images that choose their own user. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** `restrictedContainer` over a file system that cannot be written. */
export const readOnlyContainer = { ...restrictedContainer, readOnlyRootFilesystem: true } as const;

/** What a container asks for; processor time has no limit, memory has. */
export interface Size {
  /** Such as `250m`. */
  readonly cpu: string;
  /** Such as `512Mi`; asked for and the limit. */
  readonly memory: string;
  /** GPUs of the node; none when left out. */
  readonly gpu?: number;
}

/** The GPU resource of NVIDIA's device plugin. */
export const gpuResource = "nvidia.com/gpu";

export function resourcesOf({ cpu, memory, gpu }: Size) {
  return {
    requests: { cpu, memory },
    limits: { memory, ...(gpu !== undefined && { [gpuResource]: gpu }) },
  };
}

/** One container before it is hardened. */
export interface ContainerPlan {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly ports?: Readonly<Record<string, number>>;
  /** Plain values; secrets come from `secretEnv` or mounted files. */
  readonly env?: Readonly<Record<string, string>>;
  /** Variables from the pod itself, such as `status.podIP`; other variables may name them as `$(NAME)`. */
  readonly fieldEnv?: Readonly<Record<string, string>>;
  /** Variables from keys of Secrets: name to `secret/key`. */
  readonly secretEnv?: Readonly<Record<string, `${string}/${string}`>>;
  /** Secrets mounted as files that only the pod's group can read: path to the Secret's name. */
  readonly secretFiles?: Readonly<Record<string, string>>;
  /** Folders that the program writes to; they go with the pod. */
  readonly writable?: readonly string[];
  /** Where it says that it is ready; containers of jobs have none. */
  readonly probe?: { readonly path: string; readonly port: string } | { readonly port: string };
  /** Where it says that it lives; the same as `probe` when left out. */
  readonly livenessPath?: string;
  readonly size: Size;
}

/** Pod-wide settings. */
export interface PodPlan {
  readonly containers: readonly ContainerPlan[];
  /** Account whose token the pod gets; a pod without one gets no token. */
  readonly serviceAccountName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Readonly<Record<string, unknown>>[];
  readonly restartPolicy?: "Always" | "Never" | "OnFailure";
  readonly terminationGracePeriodSeconds?: number;
  /** Label of these pods, so that replicas keep apart from each other. */
  readonly spreadBy?: Readonly<Record<string, string>>;
}

const volumeName = (prefix: string, path: string) =>
  `${prefix}${path.replaceAll(/[^a-z0-9]+/gi, "-")}`.toLowerCase().replace(/-+$/, "").slice(0, 63);

function probesOf({ probe, livenessPath }: ContainerPlan) {
  if (probe === undefined) return {};
  const handler = (path: string | undefined) =>
    path === undefined ? { tcpSocket: { port: probe.port } } : { httpGet: { path, port: probe.port } };
  const path = "path" in probe ? probe.path : undefined;
  return {
    startupProbe: { ...handler(path), periodSeconds: 5, failureThreshold: 60 },
    readinessProbe: { ...handler(path), periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...handler(livenessPath ?? path), periodSeconds: 10, failureThreshold: 6 },
  };
}

function environmentOf({ env = {}, fieldEnv = {}, secretEnv = {} }: ContainerPlan) {
  return [
    ...Object.entries(fieldEnv).map(([name, fieldPath]) => ({
      name,
      valueFrom: { fieldRef: { fieldPath } },
    })),
    ...Object.entries(env).map(([name, value]) => ({ name, value })),
    ...Object.entries(secretEnv).map(([name, reference]) => {
      const [secret, key] = reference.split("/");
      return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
    }),
  ];
}

function containerOf(plan: ContainerPlan) {
  const { name, image, command, args, ports = {}, secretFiles = {}, writable = [] } = plan;
  const env = environmentOf(plan);
  const mounts = [
    ...writable.map((path) => ({ name: volumeName("write", path), mountPath: path })),
    ...Object.keys(secretFiles).map((path) => ({
      name: volumeName("secret", path),
      mountPath: path,
      readOnly: true,
    })),
  ];
  return {
    name,
    image,
    ...(command !== undefined && { command }),
    ...(args !== undefined && { args }),
    ...(Object.keys(ports).length > 0 && {
      ports: Object.entries(ports).map(([portName, containerPort]) => ({ name: portName, containerPort })),
    }),
    ...(env.length > 0 && { env }),
    ...(mounts.length > 0 && { volumeMounts: mounts }),
    resources: resourcesOf(plan.size),
    securityContext: readOnlyContainer,
    ...probesOf(plan),
  };
}

function volumesOf(containers: readonly ContainerPlan[]) {
  const volumes = containers.flatMap(({ writable = [], secretFiles = {} }) => [
    ...writable.map((path) => ({ name: volumeName("write", path), emptyDir: {} })),
    ...Object.entries(secretFiles).map(([path, secretName]) => ({
      name: volumeName("secret", path),
      secret: { secretName, defaultMode: 0o440 },
    })),
  ]);
  return [...new Map(volumes.map((volume) => [volume.name, volume])).values()];
}

/** A pod as Pod Security `restricted` and the policy pack want it: the one place where pods of ours are hardened. */
export function podSpec(plan: PodPlan): Readonly<Record<string, unknown>> {
  const { containers, serviceAccountName, spreadBy, ...rest } = plan;
  const volumes = volumesOf(containers);
  return {
    ...rest,
    ...(serviceAccountName !== undefined && { serviceAccountName }),
    automountServiceAccountToken: serviceAccountName !== undefined,
    enableServiceLinks: false,
    securityContext: restrictedPod,
    containers: containers.map(containerOf),
    ...(volumes.length > 0 && { volumes }),
    ...(spreadBy !== undefined && {
      topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map(
        (topologyKey) => ({
          maxSkew: 1,
          topologyKey,
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: spreadBy },
        }),
      ),
    }),
  };
}

/** What selects the pods of a workload of ours. */
export const selectorOf = (name: string) => ({ "app.kubernetes.io/name": name });

/** A Deployment of hardened pods. */
export function deployment(
  metadata: ObjectMeta,
  pod: PodPlan,
  options: { readonly replicas?: number; readonly recreate?: boolean } = {},
): Manifest {
  const labels = selectorOf(metadata.name);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...metadata, labels: { ...labels, ...metadata.labels } },
    spec: {
      ...(options.replicas !== undefined && { replicas: options.replicas }),
      selector: { matchLabels: labels },
      ...(options.recreate === true && { strategy: { type: "Recreate" } }),
      template: {
        metadata: { labels: { ...labels, ...metadata.labels } },
        spec: podSpec({ ...pod, spreadBy: labels }),
      },
    },
  };
}

/** A Service inside the cluster for a workload of ours. */
export function service(metadata: ObjectMeta, ports: Readonly<Record<string, number>>): Manifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...metadata, labels: { ...selectorOf(metadata.name), ...metadata.labels } },
    spec: {
      selector: selectorOf(metadata.name),
      ports: Object.entries(ports).map(([name, port]) => ({ name, port, targetPort: name })),
    },
  };
}

/** A Job that runs once and tries again a few times. */
export function job(metadata: ObjectMeta, pod: PodPlan): Manifest {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata,
    spec: {
      backoffLimit: 6,
      activeDeadlineSeconds: 600,
      template: {
        metadata: { labels: { ...selectorOf(metadata.name), ...metadata.labels } },
        spec: podSpec({ ...pod, restartPolicy: "OnFailure" }),
      },
    },
  };
}
