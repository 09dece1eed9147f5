import { S3Client } from "@aws-sdk/client-s3";
import type { BucketLimits, ObjectStoreConnection } from "@bedplate/contract";
import { readObjectCredentials } from "./object-credentials.ts";

export type BucketConnection = ObjectStoreConnection & { readonly kind: "s3" };

/** A bucket with the places in it. */
export interface Bucket {
  readonly client: S3Client;
  readonly name: string;
  readonly keyOf: (digest: string) => string;
  readonly incomingKey: (id: string) => string;
}

/** A client of the bucket; nothing is sent yet. */
export async function connectBucket(connection: BucketConnection, limits: BucketLimits): Promise<Bucket> {
  const { endpoint, region, bucket, prefix, pathStyle, credentialsFile } = connection;
  const client = new S3Client({
    region,
    forcePathStyle: pathStyle,
    maxAttempts: limits.attempts,
    // Checksums that only AWS knows make other servers refuse the request; the digest guards our bytes.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      connectionTimeout: limits.connectTimeoutMs,
      socketTimeout: limits.idleTimeoutMs,
      httpsAgent: { maxSockets: limits.connectionLimit },
      httpAgent: { maxSockets: limits.connectionLimit },
    },
    ...(endpoint !== undefined && { endpoint }),
    ...(credentialsFile !== undefined && { credentials: await readObjectCredentials(credentialsFile) }),
  });
  const below = prefix === "" ? "" : `${prefix}/`;
  return {
    client,
    name: bucket,
    keyOf: (digest) => `${below}sha256/${digest.slice(0, 2)}/${digest}`,
    incomingKey: (id) => `${below}incoming/${id}`,
  };
}
