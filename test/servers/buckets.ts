import { ListMultipartUploadsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { BucketLimits, ObjectStoreConnection } from "@bedplate/contract";
import { connectBucket } from "../../runtime/src/store/object-bucket-client.ts";
import { gcsServerLack, startGcsServer } from "../../tools/peers/gcs-server.ts";
import { startS3Server } from "../../tools/peers/s3-server.ts";

/** The defaults of the service. */
export const bucketLimits: BucketLimits = {
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  attempts: 4,
  connectionLimit: 100,
};

/** A server of buckets of one kind. */
export interface BucketServer {
  readonly endpoint: string;
  /** Makes an empty bucket and says how to reach it. */
  readonly make: (bucket: string, prefix?: string) => Promise<ObjectStoreConnection>;
  /** The keys in a bucket, and those of unfinished uploads where it tells them. */
  readonly list: (bucket: string) => Promise<readonly string[]>;
  /** Whether it refuses a wrong signature and does all that a signed address says. */
  readonly minds: boolean;
  readonly stop: () => Promise<void>;
}

/** A kind of bucket, and the words of its tests: where it cannot be tried here, they say why. */
interface BucketKind {
  readonly kind: "s3" | "gcs";
  readonly title: string;
  readonly lacking: boolean;
}
const gcsLack = gcsServerLack();
export const bucketKinds: readonly BucketKind[] = [
  { kind: "s3", title: "S3", lacking: false },
  {
    kind: "gcs",
    title: gcsLack === null ? "Google Cloud Storage" : `Google Cloud Storage, left out: ${gcsLack}`,
    lacking: gcsLack !== null,
  },
];

export const startBuckets = (kind: "s3" | "gcs"): Promise<BucketServer> =>
  kind === "s3" ? startS3Buckets() : startGcsBuckets();

async function startGcsBuckets(): Promise<BucketServer> {
  const { endpoint, credentialsFile, createBucket, stop } = await startGcsServer();
  return {
    endpoint,
    minds: false,
    stop,
    async make(bucket, prefix = "") {
      await createBucket(bucket);
      return { kind: "gcs", endpoint, bucket, prefix, credentialsFile };
    },
    async list(bucket) {
      const answer = await fetch(`${endpoint}/storage/v1/b/${bucket}/o`);
      const { items = [] } = (await answer.json()) as { items?: readonly { name: string }[] };
      return items.map(({ name }) => name);
    },
  };
}

async function startS3Buckets(): Promise<BucketServer> {
  const { endpoint, credentialsFile, createBucket, stop } = await startS3Server();
  const reach = {
    kind: "s3" as const,
    endpoint,
    credentialsFile,
    region: "us-east-1",
    pathStyle: true,
  };
  return {
    endpoint,
    minds: true,
    stop,
    async make(bucket, prefix = "") {
      createBucket(bucket);
      return { ...reach, bucket, prefix };
    },
    async list(bucket) {
      const { client } = await connectBucket({ ...reach, bucket, prefix: "" }, bucketLimits);
      const place = { Bucket: bucket };
      const { Contents = [] } = await client.send(new ListObjectsV2Command(place));
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(place));
      client.destroy();
      return [...Contents, ...Uploads].flatMap(({ Key }) =>
        Key === undefined || Key.endsWith("/") ? [] : [Key],
      );
    },
  };
}
