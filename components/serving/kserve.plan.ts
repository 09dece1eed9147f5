import { z } from "zod";
import { gpuToleration } from "../gpu/gpu.plan.ts";
import type { ImageName } from "../images.ts";
import { defineAddon, need, object, type PlatformContext, release } from "../kubernetes/addon.plan.ts";
import { custom, type Manifest } from "../kubernetes/manifest.plan.ts";
import { apiServer, egress, ingress, internet, webhook } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { podSpec } from "../kubernetes/pod.plan.ts";

const namespace = "kserve";

interface ServingRuntime {
  readonly image: ImageName;
  readonly formats: readonly { readonly name: string; readonly version?: string }[];
  readonly protocols: readonly string[];
  readonly args: readonly string[];
  readonly gpu: boolean;
}

const http = "--http-port=8080";
const runtimes = {
  triton: {
    image: "triton",
    formats: [{ name: "onnx", version: "1" }, { name: "tensorrt" }, { name: "triton" }],
    protocols: ["v2", "grpc-v2"],
    args: ["tritonserver", "--model-store=/mnt/models", http, "--grpc-port=9000", "--allow-grpc=true"],
    gpu: false,
  },
  "tensorflow-serving": {
    image: "tensorflow-serving",
    formats: [{ name: "tensorflow", version: "2" }],
    protocols: ["v1", "grpc-v1"],
    args: [
      "/usr/bin/tensorflow_model_server",
      "--model_name={{.Name}}",
      "--port=9000",
      "--rest_api_port=8080",
      "--model_base_path=/mnt/models",
    ],
    gpu: false,
  },
  vllm: {
    image: "vllm",
    formats: [{ name: "vLLM", version: "1" }],
    protocols: ["v2"],
    args: ["--model=/mnt/models", "--served-model-name={{.Name}}", "--port=8080"],
    gpu: true,
  },
  torchserve: {
    image: "torchserve",
    formats: [{ name: "pytorch", version: "1" }],
    protocols: ["v1", "v2", "grpc-v2"],
    args: [
      "torchserve",
      "--start",
      "--model-store=/mnt/models/model-store",
      "--ts-config=/mnt/models/config/config.properties",
    ],
    gpu: false,
  },
} as const satisfies Record<string, ServingRuntime>;

type RuntimeName = keyof typeof runtimes;
const runtimeNames = [
  "triton",
  "tensorflow-serving",
  "vllm",
  "torchserve",
] as const satisfies readonly RuntimeName[];

function runtimeManifest(name: RuntimeName, { image }: PlatformContext): Manifest {
  const { image: imageName, formats, protocols, args, gpu } = runtimes[name];
  const pod = podSpec({
    tolerations: gpu ? [gpuToleration] : [],
    containers: [
      {
        name: "kserve-container",
        image: image(imageName),
        args,
        ports: { http1: 8080 },
        writable: ["/tmp", "/dev/shm"],
        probe: { port: "http1" },
        size: { cpu: "1", memory: gpu ? "16Gi" : "2Gi", ...(gpu && { gpu: 1 }) },
      },
    ],
  });
  const { containers, volumes, tolerations } = pod;
  return custom(
    "ClusterServingRuntime",
    { name },
    {
      supportedModelFormats: formats.map((format) => ({ ...format, autoSelect: true, priority: 1 })),
      protocolVersions: protocols,
      containers,
      volumes,
      ...(gpu && { tolerations }),
    },
  );
}

/** Model servers of others by KServe, without Knative unless asked: Triton, TensorFlow Serving, vLLM, from our own list. */
export const kserve = defineAddon({
  type: "bedplate:serving:KServe",
  provides: ["modelServers"],
  requires: ["certificates", "gateway"],
  after: ["scaleToZero", "autoscaling", "gpu"],
  options: options({
    /** Model servers to offer. TorchServe is there only for who still has it: nobody maintains it. */
    runtimes: z
      .array(z.enum(runtimeNames, `model servers: ${runtimeNames.join(", ")}`))
      .min(1, "at least one model server")
      .default(["triton", "tensorflow-serving", "vllm"]),
    /** `Knative` scales to nothing and needs the add-on knative. */
    mode: z.enum(["Standard", "Knative"], "Standard or Knative").default("Standard"),
  }),
  plan: ({ runtimes: names, mode }, context) => {
    const gateway = need(context, "gateway");
    return {
      namespaces: [
        {
          name: namespace,
          allows: [
            apiServer,
            internet,
            webhook(9443),
            ingress("figures", [8080, 8443], "cluster"),
            egress("gateway"),
          ],
        },
      ],
      stages: [
        [release("kserve-crd", namespace, {}, { data: true })],
        [
          release("kserve", namespace, {
            kserve: {
              controller: {
                deploymentMode: mode,
                gateway: {
                  domain: context.domain,
                  disableIstioVirtualHost: true,
                  ingressGateway: {
                    enableGatewayApi: true,
                    className: gateway.className,
                    kserveGateway: `${gateway.namespace}/${gateway.name}`,
                  },
                },
              },
              servingruntime: { enabled: false },
            },
          }),
        ],
        names.map((name) => object(runtimeManifest(name, context))),
      ],
      connections: { modelServers: { mode, runtimes: names } },
    };
  },
});
