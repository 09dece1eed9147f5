import { afterAll, beforeAll, expect, test } from "vitest";
import { openAuditAnchors } from "../../runtime/src/store/audit-anchors.ts";
import { type S3Server, startS3Server } from "../../tools/peers/s3-server.ts";

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.stop());

test("on a bucket, anchors are kept once, read back in order, and the oldest go first", async () => {
  server.createBucket("anchors");
  const { endpoint, credentialsFile } = server;
  const place = {
    endpoint,
    credentialsFile,
    bucket: "anchors",
    region: "us-east-1",
    prefix: "a/b",
    pathStyle: true,
  };
  const anchors = await openAuditAnchors({ kind: "s3", ...place }, 3);
  try {
    expect(await anchors.list()).toEqual([]);
    const anchor = (sequence: number, time = 5) => ({ sequence, hash: "ab".repeat(32), time });
    for (const sequence of [2, 9, 10, 110]) {
      await anchors.keep(anchor(sequence));
      await anchors.keep(anchor(sequence, 6));
    }
    expect(await anchors.list()).toEqual([9, 10, 110].map((sequence) => anchor(sequence)));
  } finally {
    anchors.close();
  }
});
