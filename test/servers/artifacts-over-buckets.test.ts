import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RuntimeProcess, startRuntime } from "../clients/runtime-process.ts";
import { type BucketServer, bucketKinds, startBuckets } from "./buckets.ts";

for (const { kind, title, lacking } of bucketKinds) {
  describe.skipIf(lacking)(title, () => artifactsOver(kind));
}

function artifactsOver(kind: "s3" | "gcs") {
  let buckets: BucketServer;
  let runtime: RuntimeProcess;
  beforeAll(async () => {
    buckets = await startBuckets(kind);
    runtime = await startRuntime(await buckets.make("artifacts", "bedplate"));
  });
  afterAll(async () => {
    await runtime?.stop();
    await buckets?.stop();
  });

  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${runtime.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${runtime.token}`, ...init.headers },
    });
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await call(path, { method: "POST", body: JSON.stringify(body) });
    return { status: answer.status, ...((await answer.json()) as Record<string, unknown>) };
  };
  const store = "/api/2.0/mlflow-artifacts";
  const fileOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

  async function newRun(): Promise<string> {
    const { run } = await post("/api/2.0/mlflow/runs/create", { experiment_id: "0" });
    return (run as { info: { run_id: string } }).info.run_id;
  }

  test("files of every size go in and come out, whole and in part", async () => {
    for (const size of [0, 1_000, 3_000_000, 20_000_000]) {
      const bytes = randomBytes(size);
      const path = `${store}/artifacts/0/s3/${size}.bin`;
      expect((await call(path, { method: "PUT", body: bytes })).status).toBe(200);
      expect((await fileOf(await call(path))).equals(bytes)).toBe(true);
      if (size === 0) continue;
      const part = await call(path, { headers: { range: "bytes=-10" } });
      expect(part.status).toBe(206);
      expect(await fileOf(part)).toEqual(bytes.subarray(-10));
    }
  });

  test("an upload in parts becomes one object", async () => {
    const file = { path: "big.bin", num_parts: 3 };
    const begun = await post(`${store}/mpu/create/0/parts`, file);
    const sent = await Promise.all(
      (begun.credentials as { url: string; part_number: number; headers: Record<string, string> }[]).map(
        async ({ url, part_number, headers }) => {
          const bytes = Buffer.alloc(2_000_000, part_number);
          const answer = await fetch(url, { method: "PUT", headers, body: bytes });
          return { bytes, part: { part_number, etag: answer.headers.get("etag"), url } };
        },
      ),
    );
    const parts = sent.map(({ part }) => part);
    const done = await post(`${store}/mpu/complete/0/parts`, { ...file, upload_id: begun.upload_id, parts });
    expect(done.status).toBe(200);
    const whole = Buffer.concat(sent.map(({ bytes }) => bytes));
    expect((await fileOf(await call(`${store}/artifacts/0/parts/big.bin`))).equals(whole)).toBe(true);
    expect(await post("/api/bedplate/v1/artifacts/collect", {})).toMatchObject({
      objects: 3,
      bytes: 6_000_000,
    });
  });

  test("a client that asks for an address of the store writes past the service, and the file is a file of its run", async () => {
    const run_id = await newRun();
    const file = { run_id, path: "model/weights.bin" };
    const upload = await post("/api/2.0/mlflow/artifacts/presigned-upload-url", file);
    expect(String(upload.presigned_url)).toContain(buckets.endpoint);
    const list = async () =>
      (await (await call(`/api/2.0/mlflow/artifacts/list?run_id=${run_id}&path=model`)).json()) as object;
    expect(await list()).toMatchObject({ files: [] });
    expect((await fetch(String(upload.presigned_url), { method: "PUT", body: "weights" })).status).toBe(200);
    expect(await list()).toMatchObject({ files: [{ path: "model/weights.bin", file_size: 7 }] });
    const download = await post("/api/2.0/mlflow/artifacts/presigned-download-url", file);
    expect(download).toMatchObject({ status: 200, file_size: 7 });
    expect(await (await fetch(String(download.presigned_url))).text()).toBe("weights");
    const proxied = await call(`${store}/presigned/0/${run_id}/artifacts/model/weights.bin`);
    expect(await proxied.json()).toMatchObject({
      file_size: 7,
      url: expect.stringContaining(buckets.endpoint),
    });
  });

  test("addresses are short-lived, and for one run or one model", async () => {
    const run_id = await newRun();
    const ask = (more: object) =>
      post("/api/2.0/mlflow/artifacts/presigned-upload-url", { path: "f", run_id, ...more });
    for (const more of [{ expiration: 0 }, { expiration: 10_000_000 }, { model_id: "m-1" }, { run_id: "" }]) {
      expect(await ask(more)).toMatchObject({ status: 400, error_code: "INVALID_PARAMETER_VALUE" });
    }
    expect(await ask({ run_id: "nobody" })).toMatchObject({ status: 404 });
  });
}
