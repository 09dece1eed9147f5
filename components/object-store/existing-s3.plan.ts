import { z } from "zod";
import { defineAddon, secret } from "../kubernetes/addon.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { bucketSecret, keyData } from "./buckets.plan.ts";

/** A bucket that is there already, behind anything that speaks S3; every user has a folder in it. */
export const existingS3 = defineAddon({
  type: "bedplate:object-store:ExistingS3",
  flavor: "existing",
  provides: ["objectStore"],
  options: options({
    /** Address of the server; that of AWS in the region when left out. */
    endpoint: z.url({ protocol: /^https?$/, error: "an address such as https://s3.example.com" }).optional(),
    region: z
      .string("a region such as eu-central-1")
      .regex(/^[a-z0-9-]{1,64}$/, "a region such as eu-central-1")
      .default("us-east-1"),
    bucket: z
      .string("the name of a bucket, 3 to 63 characters")
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of a bucket, 3 to 63 characters"),
    pathStyle: z.boolean("true or false").default(true),
  }),
  needsSecrets: () => ["objectStoreAccessKeyId", "objectStoreSecretAccessKey"],
  plan: ({ endpoint, region, bucket, pathStyle }, { requests }) => ({
    namespaces: [],
    stages: [
      [
        secret({
          name: "object-store-keys",
          generate: {},
          given: { id: "objectStoreAccessKeyId", secret: "objectStoreSecretAccessKey" },
          copies: requests.buckets.flatMap(({ name, namespaces }) =>
            namespaces.map((namespace) => ({
              name: bucketSecret(name),
              namespace,
              data: keyData("{{id}}", "{{secret}}"),
            })),
          ),
        }),
      ],
    ],
    connections: {
      objectStore: {
        product: "existing",
        ...(endpoint !== undefined && { endpoint }),
        region,
        bucket,
        pathStyle,
      },
    },
  }),
});
