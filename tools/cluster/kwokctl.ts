import { delimiter, join } from "node:path";

/** Name of the one cluster in a folder. */
export const clusterName = "bedplate";

/** Where a cluster keeps its things, below its temporary folder. */
export function clusterPaths(folder: string) {
  const own = join(folder, "kwok", "clusters", clusterName);
  return {
    config: join(folder, "kwokctl.yaml"),
    kubeconfig: join(folder, "kubeconfig"),
    /** Who keeps the cluster; a folder whose keeper is gone is what a crash left. */
    keeper: join(folder, "keeper.json"),
    pids: join(own, "pids"),
    log: join(folder, "kwokctl.log"),
    pki: join(own, "pki"),
  };
}

/** kwokctl's environment: it keeps everything in the folder, nothing in the home folder, and finds our kubectl. */
export const kwokEnvironment = (folder: string, bin: string, path: string | undefined) => ({
  KWOK_WORKDIR: join(folder, "kwok"),
  PATH: [bin, path].filter((part) => part !== undefined).join(delimiter),
});

/** Ports of a cluster's processes. kwokctl would take the highest that are free, the same for two that start at once. */
export const portOptions = [
  "etcdPort",
  "etcdPeerPort",
  "kubeApiserverPort",
  "kubeControllerManagerPort",
  "kubeSchedulerPort",
  "kwokControllerPort",
] as const;

/**
 * The config of a cluster of processes that listen on the loopback address only. Stages are objects in the cluster, so
 * that they can be added and changed while it runs.
 * @param ports One for each of `portOptions`.
 */
export function kwokctlConfig(kubernetesVersion: string, ports: readonly number[]): object {
  return {
    apiVersion: "config.kwok.x-k8s.io/v1alpha1",
    kind: "KwokctlConfiguration",
    options: {
      runtime: "binary",
      bindAddress: "127.0.0.1",
      kubeVersion: `v${kubernetesVersion}`,
      enableCRDs: ["Stage"],
      ...Object.fromEntries(portOptions.map((option, at) => [option, ports[at]])),
    },
  };
}

/**
 * There is one of each, so that none waits for a lease, nor ends when it loses one because the API server was away; and
 * nothing is to outlive the cluster, so that no write waits for a disk.
 */
export const throwAwayFlags = [
  "kube-controller-manager=leader-elect=false",
  "kube-scheduler=leader-elect=false",
  "etcd=unsafe-no-fsync=true",
].flatMap((flag) => ["--extra-args", flag]);

/** The executables, which kwokctl would otherwise download. */
export function binaryFlags(bin: string): string[] {
  const flags = {
    "--etcd-binary": "etcd",
    "--kube-apiserver-binary": "kube-apiserver",
    "--kube-controller-manager-binary": "kube-controller-manager",
    "--kube-scheduler-binary": "kube-scheduler",
    "--kwok-controller-binary": "kwok",
  };
  return Object.entries(flags).flatMap(([flag, name]) => [flag, join(bin, name)]);
}
