import type { BucketRequest, PlatformContext, SecretPlan } from "../kubernetes/addon.plan.ts";
import { need } from "../kubernetes/addon.plan.ts";
import { type Allow, egress } from "../kubernetes/namespace.plan.ts";

/** Name of the Secret by which a user of a bucket gets its keys. */
export const bucketSecret = (name: string) => `bucket-${name}`;

/** Names of buckets are unique in a store that several platforms may share. */
export const bucketName = (deployment: string, name: string) => `${deployment}-${name}`.slice(0, 63);

const part = (name: string) => name.replaceAll("-", "_");

/** Generated keys of every bucket's user: an access key's name and its secret. */
export function bucketKeys(requests: readonly BucketRequest[]): Record<string, number> {
  return Object.fromEntries(
    requests.flatMap(({ name }) => [
      [`${part(name)}_id`, 15],
      [`${part(name)}_secret`, 30],
    ]),
  );
}

/** Placeholders of a user's keys. */
export const keyOf = (name: string) => ({
  id: `{{${part(name)}_id}}`,
  secret: `{{${part(name)}_secret}}`,
});

/** The keys as each program wants them: variables and the file of the AWS SDKs, and the file that the runtime reads. */
export function keyData(id: string, secret: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    "object-store-keys": JSON.stringify({ accessKeyId: id, secretAccessKey: secret }),
    "aws-credentials": `[default]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n`,
  };
}

/** The Secrets of every bucket's users; `userOf` where a user's name is not generated. */
export function bucketCopies(
  requests: readonly BucketRequest[],
  userOf: (name: string) => string = (name) => keyOf(name).id,
): SecretPlan["copies"] {
  return requests.flatMap(({ name, namespaces }) => {
    const { secret } = keyOf(name);
    const id = userOf(name);
    return namespaces.map((namespace) => ({
      name: bucketSecret(name),
      namespace,
      data: keyData(id, secret),
    }));
  });
}

/** Where the user of a bucket finds it. */
export interface BucketPlace {
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly bucket: string;
  /** Folder in the bucket; empty where the whole bucket is its own. */
  readonly prefix: string;
  readonly secret: string;
  /** Namespace to call; absent where the store is outside the cluster. */
  readonly namespace: string | undefined;
}

/** Where an add-on finds a bucket that it has asked for. */
export function bucketOf(context: PlatformContext, name: string): BucketPlace {
  const { endpoint, region, pathStyle, bucket, namespace } = need(context, "objectStore");
  return {
    endpoint,
    region,
    pathStyle,
    namespace,
    bucket: bucket ?? bucketName(context.deployment, name),
    prefix: bucket === undefined ? "" : `${context.deployment}/${name}`,
    secret: bucketSecret(name),
  };
}

/** Lets pods call the object store of the cluster; by TLS where it is outside. */
export function toObjectStore(context: PlatformContext): readonly Allow[] {
  const { namespace: inside } = context.connections.objectStore ?? {};
  return inside === undefined
    ? [{ name: "object-store", to: ["anywhere"], ports: [443] }]
    : [egress(inside, 8333, 9000)];
}
