import { routeTo, urlOf } from "../gateway/kubernetes.plan.ts";
import { defineAddon, object } from "../kubernetes/addon.plan.ts";
import { ingress } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { deployment, service } from "../kubernetes/pod.plan.ts";
import { bucketOf, bucketSecret, toObjectStore } from "../object-store/buckets.plan.ts";

const name = "tensorboard";
const namespace = "tensorboard";
const port = 6006;

/** TensorBoard over a bucket of its own, into which jobs write their event files. */
export const tensorboard = defineAddon({
  type: "bedplate:notebooks:TensorBoard",
  provides: ["tensorboard"],
  requires: ["objectStore"],
  after: ["gateway"],
  options: options({}),
  requests: () => ({ buckets: [{ name, namespaces: [namespace] }] }),
  plan: (_options, context) => {
    const { bucket, prefix, endpoint, region } = bucketOf(context, name);
    const folder = `s3://${[bucket, prefix].filter((part) => part !== "").join("/")}`;
    return {
      namespaces: [
        { name: namespace, allows: [ingress("http", [port], "cluster"), ...toObjectStore(context)] },
      ],
      stages: [
        [
          object(
            deployment(
              { name, namespace },
              {
                containers: [
                  {
                    name,
                    image: context.image("tensorboard"),
                    command: [
                      "tensorboard",
                      `--logdir=${folder}`,
                      "--bind_all",
                      `--port=${port}`,
                      "--load_fast=false",
                    ],
                    ports: { http: port },
                    env: {
                      AWS_REGION: region,
                      ...(endpoint !== undefined && { S3_ENDPOINT: endpoint, AWS_ENDPOINT_URL: endpoint }),
                    },
                    secretEnv: {
                      AWS_ACCESS_KEY_ID: `${bucketSecret(name)}/AWS_ACCESS_KEY_ID`,
                      AWS_SECRET_ACCESS_KEY: `${bucketSecret(name)}/AWS_SECRET_ACCESS_KEY`,
                    },
                    writable: ["/tmp"],
                    probe: { path: "/", port: "http" },
                    size: { cpu: "200m", memory: "1Gi" },
                  },
                ],
              },
              { replicas: 1 },
            ),
          ),
          object(service({ name, namespace }, { http: port })),
        ],
        routeTo(context, { name, namespace }, name, port).map(object),
      ],
      connections: {
        tensorboard: { url: urlOf(context, name, `http://${name}.${namespace}:${port}`), namespace },
      },
    };
  },
});
