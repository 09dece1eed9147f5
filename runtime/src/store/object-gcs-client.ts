import type { BucketLimits, ObjectStoreConnection } from "@bedplate/contract";
import { type Bucket, type File, IdempotencyStrategy, Storage } from "@google-cloud/storage";
import { checkGoogleCredentials } from "./object-credentials.ts";

export type GcsConnection = ObjectStoreConnection & { readonly kind: "gcs" };

/** A bucket of Google Cloud Storage with the places in it. */
export interface GcsBucket {
  readonly bucket: Bucket;
  readonly limits: BucketLimits;
  readonly keyOf: (digest: string) => string;
  readonly incomingKey: (id: string) => string;
  readonly keys: (beginning: string) => AsyncIterable<File>;
  /** Headers that open an object to the service itself. */
  readonly authorization: () => Promise<Headers>;
}

/** A long upload may be taken up again as late as its last chunk; the number of attempts is what ends it. */
const retryForSeconds = 24 * 3600;

/** A client of the bucket; nothing is sent yet. Credentials are Google's default ones where no file is named. */
export async function connectGcs(connection: GcsConnection, limits: BucketLimits): Promise<GcsBucket> {
  const { endpoint, bucket: name, prefix, credentialsFile } = connection;
  if (credentialsFile !== undefined) await checkGoogleCredentials(credentialsFile);
  // A token never travels unencrypted: only an emulator is reached by http.
  const authorized = !endpoint?.startsWith("http:");
  const storage = new Storage({
    timeout: limits.idleTimeoutMs,
    useAuthWithCustomEndpoint: authorized,
    retryOptions: {
      maxRetries: limits.attempts - 1,
      totalTimeout: retryForSeconds,
      // An address holds the bytes of its digest or none, so that every call may be sent again.
      idempotencyStrategy: IdempotencyStrategy.RetryAlways,
    },
    ...(endpoint !== undefined && { apiEndpoint: endpoint }),
    ...(credentialsFile !== undefined && { keyFilename: credentialsFile }),
  });
  const bucket = storage.bucket(name);
  const below = prefix === "" ? "" : `${prefix}/`;
  return {
    bucket,
    limits,
    keyOf: (digest) => `${below}sha256/${digest.slice(0, 2)}/${digest}`,
    incomingKey: (id) => `${below}incoming/${id}`,
    keys: (beginning) => bucket.getFilesStream({ prefix: beginning }),
    authorization: async () => (authorized ? await storage.authClient.getRequestHeaders() : new Headers()),
  };
}
