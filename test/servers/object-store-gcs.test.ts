import { createHash, createVerify } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openObjectStore } from "../../runtime/src/store/object-store.ts";
import { gcsServerLack, startGcsServer } from "../../tools/peers/gcs-server.ts";
import { bucketLimits } from "./buckets.ts";

const lack = gcsServerLack();

/** What Google checks: https://cloud.google.com/storage/docs/access-control/signed-urls#signing-process */
function isSigned(method: string, address: string, publicKey: string): boolean {
  const url = new URL(address);
  const pairs = url.search.slice(1).split("&");
  const signature = url.searchParams.get("X-Goog-Signature") ?? "";
  const signed = pairs.filter((pair) => !pair.startsWith("X-Goog-Signature=")).sort();
  const request = [
    method,
    url.pathname,
    signed.join("&"),
    `host:${url.host}`,
    "",
    "host",
    "UNSIGNED-PAYLOAD",
  ];
  const time = url.searchParams.get("X-Goog-Date") ?? "";
  const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`;
  const digest = createHash("sha256").update(request.join("\n")).digest("hex");
  const text = ["GOOG4-RSA-SHA256", time, scope, digest].join("\n");
  return createVerify("RSA-SHA256").update(text).verify(publicKey, signature, "hex");
}

test.skipIf(lack !== null)(
  `addresses are signed for one object, one verb and a time (${lack ?? "tried"})`,
  async () => {
    const server = await startGcsServer();
    try {
      const { credentialsFile, publicKey } = server;
      const place = { kind: "gcs" as const, credentialsFile, bucket: "signed", prefix: "a/b" };
      const { direct } = await openObjectStore(place, bucketLimits);
      const download = await direct?.download("ab".repeat(32), "weights.bin", "text/plain", 60);
      const upload = await direct?.upload("some-id", 3600);
      if (download === undefined || upload === undefined) throw new Error("a bucket is reached directly");
      expect(isSigned("GET", download.url, publicKey)).toBe(true);
      expect(isSigned("PUT", upload.url, publicKey)).toBe(true);
      expect(isSigned("PUT", download.url, publicKey)).toBe(false);
      expect(isSigned("PUT", upload.url.replace("some-id", "other-id"), publicKey)).toBe(false);
      const asked = new URL(download.url).searchParams;
      expect(asked.get("response-content-disposition")).toBe("attachment; filename*=UTF-8''weights.bin");
      expect(asked.get("response-content-type")).toBe("text/plain");
      expect(Number(new URL(upload.url).searchParams.get("X-Goog-Expires"))).toBeLessThanOrEqual(3600);
    } finally {
      await server.stop();
    }
  },
);

test("a key file that others may read, or that is none of Google's, is refused without being shown", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-keys-"));
  const credentialsFile = join(folder, "key.json");
  const open = () =>
    openObjectStore({ kind: "gcs", bucket: "bucket", prefix: "", credentialsFile }, bucketLimits);
  try {
    await expect(open()).rejects.toThrow("ENOENT");
    await writeFile(credentialsFile, '{"type": "service_account", "private_key": "hunter2"}', {
      mode: 0o644,
    });
    await expect(open()).rejects.toThrow("chmod 600");
    await chmod(credentialsFile, 0o600);
    await expect(open()).rejects.toThrow(/must be JSON such as .*service_account/);
    await expect(open()).rejects.not.toThrow(/hunter2/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
