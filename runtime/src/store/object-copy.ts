import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import type { Bucket } from "./object-bucket-client.ts";

const gibibyte = 1024 ** 3;
/** S3 copies at most this much in one request; what is larger is copied in parts. */
const copyLimitBytes = 5 * gibibyte;
const copyPartBytes = gibibyte;

/** The parts of a copy, as S3's `bytes=first-last`. */
export function planCopy(size: number, partBytes: number): readonly string[] {
  const count = Math.ceil(size / partBytes);
  return Array.from({ length: count }, (_, at) => {
    const start = at * partBytes;
    return `bytes=${start}-${Math.min(start + partBytes, size) - 1}`;
  });
}

/** Copies inside the bucket, whatever the size. Leaves nothing behind when it fails. */
export async function copyObject(
  bucket: Bucket,
  from: string,
  to: string,
  size: number,
  limits = { whole: copyLimitBytes, part: copyPartBytes },
): Promise<void> {
  const { client, name: Bucket } = bucket;
  const CopySource = `${Bucket}/${from.split("/").map(encodeURIComponent).join("/")}`;
  if (size <= limits.whole) {
    await client.send(new CopyObjectCommand({ Bucket, Key: to, CopySource }));
    return;
  }
  const target = { Bucket, Key: to };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
  try {
    const Parts = [];
    for (const [at, CopySourceRange] of planCopy(size, limits.part).entries()) {
      const PartNumber = at + 1;
      const copied = await client.send(
        new UploadPartCopyCommand({ ...target, UploadId, PartNumber, CopySource, CopySourceRange }),
      );
      Parts.push({ PartNumber, ETag: copied.CopyPartResult?.ETag });
    }
    await client.send(
      new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }),
    );
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => {});
    throw error;
  }
}
