import { fieldsOf, itemsOf } from "@bedplate/policies/lib/plain-data.ts";
import type { ResourceView } from "@bedplate/policies/lib/rule.ts";

/** An object as the API server wants it. */
export type ApiObject = Readonly<Record<string, unknown>> & {
  readonly apiVersion: string;
  readonly kind: string;
};

const labels = { app: "case" };

/** What the API server asks of each source of a volume beyond its name. */
const volumeFields: Readonly<Record<string, object>> = {
  hostPath: { path: "/" },
  gcePersistentDisk: { pdName: "v" },
  awsElasticBlockStore: { volumeID: "v" },
  gitRepo: { repository: "https://example.org/r.git" },
  nfs: { server: "nfs.example.org", path: "/" },
  iscsi: { targetPortal: "10.0.0.1:3260", iqn: "iqn.2026-01.org.example:v", lun: 0 },
  glusterfs: { endpoints: "e", path: "v" },
  rbd: { monitors: ["10.0.0.1"], image: "v" },
  flexVolume: { driver: "example.org/v" },
  cinder: { volumeID: "v" },
  cephfs: { monitors: ["10.0.0.1"] },
  flocker: { datasetName: "v" },
  fc: { targetWWNs: ["1"], lun: 0 },
  azureFile: { secretName: "s", shareName: "v" },
  azureDisk: { diskName: "v", diskURI: "https://example.org/v" },
  vsphereVolume: { volumePath: "v" },
  quobyte: { registry: "r:1", volume: "v" },
  portworxVolume: { volumeID: "v" },
  photonPersistentDisk: { pdID: "v" },
  scaleIO: { gateway: "https://example.org", system: "s", secretRef: { name: "s" }, volumeName: "v" },
  storageos: { volumeName: "v" },
  csi: { driver: "example.org" },
  configMap: { name: "c" },
  secret: { secretName: "s" },
  persistentVolumeClaim: { claimName: "c" },
  image: { reference: "registry.example/i:1" },
  ephemeral: {
    volumeClaimTemplate: {
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
  },
};

const completeVolume = (volume: unknown) =>
  Object.fromEntries(
    Object.entries(fieldsOf(volume)).map(([key, value]) => [
      key,
      key in volumeFields && value !== null ? { ...volumeFields[key], ...fieldsOf(value) } : value,
    ]),
  );

/** The API server refuses these on Windows, where they mean nothing. */
const ofLinux = new Set([
  "allowPrivilegeEscalation",
  "capabilities",
  "privileged",
  "procMount",
  "readOnlyRootFilesystem",
  "runAsUser",
  "seLinuxOptions",
  "seccompProfile",
]);

const withoutLinux = (holder: unknown) => {
  const { securityContext, ...rest } = fieldsOf(holder);
  const kept = Object.entries(fieldsOf(securityContext)).filter(([key]) => !ofLinux.has(key));
  return { ...rest, securityContext: Object.fromEntries(kept) };
};

const mapItems = (list: unknown, change: (item: unknown) => unknown) =>
  Array.isArray(list) ? list.map(change) : list;

/** As a side car an init container may have probes and hooks. */
const sideCar = (container: unknown) => ({ restartPolicy: "Always", ...fieldsOf(container) });
/** The API server refuses resources and probes of what is there for a look alone. */
const forALook = (container: unknown) => {
  const { resources, readinessProbe, ...rest } = fieldsOf(container);
  return rest;
};

function completePodSpec(given: unknown): Record<string, unknown> {
  const spec = fieldsOf(given);
  const isWindows = fieldsOf(spec.os).name === "windows";
  const container = isWindows ? withoutLinux : (one: unknown) => one;
  const { initContainers, containers, ephemeralContainers, volumes } = spec;
  return {
    ...(isWindows ? withoutLinux(spec) : spec),
    ...(initContainers !== undefined && {
      initContainers: mapItems(initContainers, (one) => sideCar(container(one))),
    }),
    ...(containers !== undefined && { containers: mapItems(containers, container) }),
    ...(ephemeralContainers !== undefined && {
      ephemeralContainers: mapItems(ephemeralContainers, (one) => forALook(container(one))),
    }),
    ...(volumes !== undefined && { volumes: mapItems(volumes, completeVolume) }),
  };
}

function completeTemplate(given: unknown, more: object = {}) {
  const { metadata, spec, ...rest } = fieldsOf(given);
  return {
    ...rest,
    metadata: { ...fieldsOf(metadata), labels },
    spec: { ...completePodSpec(spec), ...more },
  };
}

/** What each kind needs around what a case says about it. */
const complete: Readonly<Record<string, (object: Readonly<Record<string, unknown>>) => object>> = {
  Pod: ({ spec }) => ({ spec: completePodSpec(spec) }),
  PodTemplate: ({ template }) => ({ template: completeTemplate(template) }),
  ...Object.fromEntries(
    ["Deployment", "DaemonSet", "ReplicaSet"].map((kind) => [
      kind,
      ({ spec }: Readonly<Record<string, unknown>>) => ({
        spec: { selector: { matchLabels: labels }, template: completeTemplate(fieldsOf(spec).template) },
      }),
    ]),
  ),
  StatefulSet: ({ spec }) => ({
    spec: {
      serviceName: "case",
      selector: { matchLabels: labels },
      template: completeTemplate(fieldsOf(spec).template),
    },
  }),
  ReplicationController: ({ spec }) => ({
    spec: { selector: labels, template: completeTemplate(fieldsOf(spec).template) },
  }),
  Job: ({ spec }) => ({
    spec: { template: completeTemplate(fieldsOf(spec).template, { restartPolicy: "Never" }) },
  }),
  CronJob: ({ spec }) => ({
    spec: {
      schedule: "0 0 * * *",
      jobTemplate: {
        spec: {
          template: completeTemplate(fieldsOf(fieldsOf(fieldsOf(spec).jobTemplate).spec).template, {
            restartPolicy: "Never",
          }),
        },
      },
    },
  }),
  Service: ({ spec }) => {
    const { ports } = fieldsOf(spec);
    const named = itemsOf(ports).map((port, index) => ({ name: `p${index}`, ...fieldsOf(port) }));
    return { spec: { ...fieldsOf(spec), ports: named.length > 0 ? named : [{ port: 80 }] } };
  },
  Gateway: ({ spec }) => ({
    spec: {
      gatewayClassName: "case",
      listeners: itemsOf(fieldsOf(spec).listeners).map((listener, index) => ({
        port: 8443 + index,
        ...(/^(HTTPS|TLS)$/.test(String(fieldsOf(listener).protocol)) && {
          tls: { certificateRefs: [{ name: "c" }] },
        }),
        ...fieldsOf(listener),
      })),
    },
  }),
  ...Object.fromEntries(
    ["RoleBinding", "ClusterRoleBinding"].map((kind) => [
      kind,
      ({ roleRef, subjects }: Readonly<Record<string, unknown>>) => ({
        roleRef: { apiGroup: "rbac.authorization.k8s.io", ...fieldsOf(roleRef) },
        subjects: itemsOf(subjects).map((subject) => ({
          apiGroup: "rbac.authorization.k8s.io",
          ...fieldsOf(subject),
        })),
      }),
    ]),
  ),
};

/** A resource of the corpus as an object that the API server could be given. */
export function toApiObject({ type, properties }: ResourceView): ApiObject {
  const [, version = "", name = ""] = type.split(":");
  const kind = name.replace(/Patch$/, "");
  const fields = fieldsOf(properties);
  return {
    ...fields,
    apiVersion: version.replace(/^core\//, ""),
    kind,
    metadata: { ...fieldsOf(fields.metadata), name: "case" },
    ...complete[kind]?.(fields),
  };
}
