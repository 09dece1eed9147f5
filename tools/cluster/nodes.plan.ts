/** A node that kwok pretends to run. */
export interface FakeNode {
  readonly name: string;
  readonly cpu: number;
  readonly memoryGi: number;
  /** GPUs of it; the node is then labelled and tainted as GPU nodes are. None when left out. */
  readonly gpus?: number;
  readonly gpuProduct?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a GPU node is tainted with, whatever the value: pods that ask for GPUs tolerate it. */
const gpuTaint = { key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" };

/** The nodes that a cluster has unless told otherwise: two plain ones and two with four GPUs each. */
export const defaultNodes: readonly FakeNode[] = [
  { name: "cpu-0", cpu: 16, memoryGi: 64 },
  { name: "cpu-1", cpu: 16, memoryGi: 64 },
  { name: "gpu-0", cpu: 48, memoryGi: 384, gpus: 4, gpuProduct: "NVIDIA-L40S" },
  { name: "gpu-1", cpu: 48, memoryGi: 384, gpus: 4, gpuProduct: "NVIDIA-L40S" },
];

/** A Node object; kwok keeps the capacity that it is given. */
export function nodeManifest({ name, cpu, memoryGi, gpus = 0, gpuProduct, labels }: FakeNode) {
  const amounts = {
    cpu: String(cpu),
    memory: `${memoryGi}Gi`,
    pods: "110",
    "ephemeral-storage": "500Gi",
    ...(gpus > 0 && { "nvidia.com/gpu": String(gpus) }),
  };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { "kwok.x-k8s.io/node": "fake" },
      labels: {
        type: "kwok",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": name,
        "topology.kubernetes.io/zone": "zone-a",
        ...(gpus > 0 && {
          "nvidia.com/gpu.present": "true",
          "nvidia.com/gpu.count": String(gpus),
          ...(gpuProduct !== undefined && { "nvidia.com/gpu.product": gpuProduct }),
        }),
        ...labels,
      },
    },
    ...(gpus > 0 && { spec: { taints: [gpuTaint] } }),
    status: { allocatable: amounts, capacity: amounts },
  };
}
