import type { ObjectStoreConnection } from "@bedplate/contract";
import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { SecretCopy } from "../process/secret-file.ts";

interface BucketArgs {
  /** A bucket that is there already. */
  readonly bucket: string;
  /** Folder in the bucket; the whole bucket when left out. */
  readonly prefix?: string | undefined;
  /** S3: keys as JSON, `accessKeyId` and `secretAccessKey`. Google: the key file of a service account. Where the SDK finds them when left out. */
  readonly keys?: pulumi.Input<string>;
  /** Absolute path of the file, mode 0600, that the runtime reads the keys from. */
  readonly keysFile: string;
  readonly labels: Labels;
}

interface S3Args extends BucketArgs {
  readonly kind?: "s3" | undefined;
  /** Address of the S3 server; that of AWS in the region when left out. */
  readonly endpoint?: string | undefined;
  /** `us-east-1` when left out, which servers other than AWS's expect. */
  readonly region?: string | undefined;
  /** Whether the bucket is named in the path; true when left out, which AWS takes too. */
  readonly pathStyle?: boolean | undefined;
}

interface GcsArgs extends BucketArgs {
  readonly kind: "gcs";
  /** Address of an emulator; Google's when left out. */
  readonly endpoint?: string | undefined;
}

export type ExistingObjectStoreArgs = S3Args | GcsArgs;

/**
 * A bucket that is there already, behind anything that speaks S3 or in Google Cloud Storage. Its keys are encrypted in the state and reach the
 * runtime through a file only. Nothing is made in the bucket and nothing is deleted with the stack. Costs nothing
 * beside the bucket.
 *
 *     const objects = new ExistingObjectStore("objects", { endpoint: "https://s3.example.com", bucket: "models",
 *       keys: config.requireSecret("objectStoreKeys"), keysFile: "/srv/bedplate/secrets/object-store-keys", labels });
 */
export class ExistingObjectStore extends pulumi.ComponentResource {
  readonly connection: pulumi.Output<ObjectStoreConnection>;
  /** Changes with the keys, which the runtime reads once, when it starts. */
  readonly revision: pulumi.Output<string>;

  constructor(name: string, args: ExistingObjectStoreArgs, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:object-store:ExistingObjectStore", name, {}, options);
    const copy = this.copyKeys(name, args);
    const credentials = copy === undefined ? {} : { credentialsFile: args.keysFile };
    this.connection = pulumi.output<ObjectStoreConnection>({ ...connectionOf(args), ...credentials });
    this.revision = copy?.digest ?? pulumi.output("none");
    this.registerOutputs({ connection: this.connection, revision: this.revision });
  }

  private copyKeys(
    name: string,
    { keys, keysFile, labels }: ExistingObjectStoreArgs,
  ): SecretCopy | undefined {
    if (keys === undefined) return undefined;
    return new SecretCopy(`${name}-keys`, { path: keysFile, value: keys, labels }, { parent: this });
  }
}

function connectionOf(args: ExistingObjectStoreArgs): ObjectStoreConnection {
  const { bucket, prefix = "", endpoint } = args;
  const place = { bucket, prefix, ...(endpoint !== undefined && { endpoint }) };
  if (args.kind === "gcs") return { kind: "gcs", ...place };
  const { region = "us-east-1", pathStyle = true } = args;
  return { kind: "s3", ...place, region, pathStyle };
}
