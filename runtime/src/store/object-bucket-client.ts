import { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
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

/**
 * Says to the retries of the SDK that they may try again where a server refuses what others change at the same moment
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: OperationAborted, ConditionalRequestConflict).
 * An address has one content here, so that doing it twice changes nothing.
 */
function markConflicts<Given, Answer>(next: (given: Given) => Promise<Answer>) {
  return async (given: Given): Promise<Answer> => {
    try {
      return await next(given);
    } catch (error) {
      const isConflict = error instanceof S3ServiceException && error.$metadata.httpStatusCode === 409;
      throw isConflict ? Object.assign(error, { $retryable: {} }) : error;
    }
  };
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
  client.middlewareStack.addRelativeTo(markConflicts, { relation: "after", toMiddleware: "retryMiddleware" });
  const below = prefix === "" ? "" : `${prefix}/`;
  return {
    client,
    name: bucket,
    keyOf: (digest) => `${below}sha256/${digest.slice(0, 2)}/${digest}`,
    incomingKey: (id) => `${below}incoming/${id}`,
  };
}
