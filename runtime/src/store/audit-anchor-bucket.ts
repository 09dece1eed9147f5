import { DeleteObjectCommand, PutObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { type AuditAnchor, auditAnchor } from "@bedplate/contract";
import type { AuditAnchors } from "../domain/audit-anchors.ts";
import { type BucketConnection, connectBucket } from "./object-bucket-client.ts";

const digits = 16;
const pattern = /(\d{16})-([0-9a-f]{64})-(\d{1,16})\.json$/;

/** Keeps anchors in an S3 bucket. A key says all that its object does, so that one listing reads them all. */
export async function openAuditAnchorBucket(
  connection: BucketConnection,
  limit: number,
): Promise<AuditAnchors> {
  const { client, name: Bucket } = await connectBucket(connection);
  const folder = `${connection.prefix === "" ? "" : `${connection.prefix}/`}audit-anchors/`;
  const keyOf = ({ sequence, hash, time }: AuditAnchor) =>
    `${folder}${String(sequence).padStart(digits, "0")}-${hash}-${time}.json`;

  async function list(): Promise<readonly AuditAnchor[]> {
    const anchors: AuditAnchor[] = [];
    for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix: folder })) {
      for (const { Key = "" } of page.Contents ?? []) {
        const [, sequence, hash, time] = pattern.exec(Key) ?? [];
        const anchor = auditAnchor.safeParse({ sequence: Number(sequence), hash, time: Number(time) });
        if (anchor.success) anchors.push(anchor.data);
      }
    }
    return anchors;
  }

  return {
    list,
    async keep(anchor) {
      const existing = await list();
      if (existing.some(({ sequence }) => sequence === anchor.sequence)) return;
      const Body = `${JSON.stringify(anchor)}\n`;
      await client.send(
        new PutObjectCommand({ Bucket, Key: keyOf(anchor), Body, ContentType: "application/json" }),
      );
      for (const old of existing.slice(0, Math.max(0, existing.length + 1 - limit))) {
        await client.send(new DeleteObjectCommand({ Bucket, Key: keyOf(old) }));
      }
    },
    close: () => client.destroy(),
  };
}
