/** An image that our own manifests name; images of charts come with the charts. */
export interface CatalogImage {
  readonly repository: string;
  readonly tag: string;
  readonly licence: string;
  readonly checkedOn: string;
  /** Why nobody should begin with it. */
  readonly deprecated?: string;
}

const checkedOn = "2026-11-23";

function image(source: `${string}:${string}`, licence: string, deprecated?: string): CatalogImage {
  const at = source.lastIndexOf(":");
  return {
    repository: source.slice(0, at),
    tag: source.slice(at + 1),
    licence,
    checkedOn,
    ...(deprecated !== undefined && { deprecated }),
  };
}

/** Every image that our own manifests run; nothing else in the code holds an image's name or version. */
export const images = {
  triton: image("nvcr.io/nvidia/tritonserver:26.07-py3", "BSD-3-Clause"),
  vllm: image("docker.io/vllm/vllm-openai:v0.33.0", "Apache-2.0"),
  "tensorflow-serving": image("docker.io/tensorflow/serving:2.20.0", "Apache-2.0"),
  torchserve: image(
    "docker.io/pytorch/torchserve:0.12.0-cpu",
    "Apache-2.0",
    "TorchServe is no longer maintained and gets no security fixes: use triton",
  ),
  pytorch: image("docker.io/pytorch/pytorch:2.13.0-cuda13.0-cudnn9-runtime", "BSD-3-Clause"),
  ray: image("docker.io/rayproject/ray:2.52.0", "Apache-2.0"),
  seaweedfs: image("docker.io/chrislusf/seaweedfs:4.44", "Apache-2.0"),
  "optuna-dashboard": image("ghcr.io/optuna/optuna-dashboard:0.20.0", "MIT"),
  tensorboard: image("docker.io/tensorflow/tensorflow:2.21.0", "Apache-2.0"),
} as const satisfies Record<string, CatalogImage>;

/** Names of the images in the catalog. */
export type ImageName = keyof typeof images;
