import { randomBytes } from "node:crypto";
import type { Rollout, RolloutSpecInput } from "@bedplate/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { linearModel, modelFile, value } from "../../runtime/testing/onnx-model.ts";
import { createClosers } from "../verify/closers.ts";
import { type ServiceGroup, startServices } from "../verify/service-group.ts";
import type { Replica } from "../verify/service-process.ts";

const closers = createClosers();
let group: ServiceGroup;
beforeAll(async () => {
  group = await startServices({ database: "postgres", replicas: 2 }, closers);
});
afterAll(() => closers.close());

const patience = { timeout: 60_000, interval: 20 };
const models = "/api/bedplate/v1/models";
const replica = (at: number): Replica => {
  const found = group.replicas[at];
  if (found === undefined) throw new Error(`there is no replica ${at}`);
  return found;
};

async function call<T>(at: number, method: string, path: string, body?: object): Promise<T> {
  const answer = await replica(at).call(method, path, body);
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as T;
}

/** A model with these versions, the first one champion on every replica. */
async function register(name: string, files: readonly Buffer[]): Promise<void> {
  await call(0, "POST", "/api/2.0/mlflow/registered-models/create", { name });
  const { run } = await call<{ run: { info: { run_id: string; artifact_uri: string } } }>(
    0,
    "POST",
    "/api/2.0/mlflow/runs/create",
    { experiment_id: "0" },
  );
  for (const [at, file] of files.entries()) {
    const path = `${run.info.artifact_uri.replace("mlflow-artifacts:/", "")}/${at}/model.onnx`;
    const sent = await fetch(`${replica(0).url}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${group.home.token}` },
      body: Buffer.from(file),
    });
    if (!sent.ok) throw new Error(await sent.text());
    const source = `${run.info.artifact_uri}/${at}`;
    await call(0, "POST", "/api/2.0/mlflow/model-versions/create", { name, source });
  }
  await call(0, "POST", `${models}/${name}/promote`, { version: 1 });
  for (const at of [0, 1]) await expect.poll(() => answeredBy(at, name), patience).toBe("1");
}

interface Reply {
  readonly status: number;
  readonly version: string;
}

async function predict(at: number, model: string, user = "ann"): Promise<Reply> {
  const answer = await fetch(`${replica(at).url}/v2/models/${model}/infer`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${group.home.token}`,
      "content-type": "application/json",
      "x-user": user,
    },
    body: JSON.stringify({ inputs: [{ name: "x", datatype: "FP32", shape: [1, 1], data: [1] }] }),
  });
  const body = (await answer.json()) as { model_version?: string };
  return { status: answer.status, version: body.model_version ?? "" };
}

const answeredBy = async (at: number, model: string) => (await predict(at, model)).version;
const start = (model: string, rollout: RolloutSpecInput) =>
  call<Rollout>(0, "POST", `${models}/${model}/rollouts`, { rollout });
const order = (at: number, { model, id }: Rollout, what: string, body: object = {}) =>
  call<Rollout>(at, "POST", `${models}/${model}/rollouts/${id}/${what}`, body);
const loadedOn = async (at: number, { model, id }: Rollout) => {
  const path = `${models}/${model}/rollouts/${id}/statistics`;
  const { variants } = await call<{ variants: { loaded: boolean }[] }>(at, "GET", path);
  return variants.every(({ loaded }) => loaded);
};

/** Callers that go on until they are stopped; every answer is kept. */
function load(model: string, callers: number) {
  const answers: (Reply & { readonly at: number; readonly ended: number })[] = [];
  let stopped = false;
  const all = Array.from({ length: callers }, async (_, caller) => {
    const at = caller % 2;
    while (!stopped) {
      const reply = await predict(at, model, randomBytes(4).toString("hex"));
      answers.push({ ...reply, at, ended: performance.now() });
    }
  });
  return {
    answers,
    async stop() {
      stopped = true;
      await Promise.all(all);
      return answers;
    },
  };
}

describe("two replicas over one PostgreSQL", () => {
  test("agree on who gets which version, and both follow a change of it", async () => {
    await register("agree", [linearModel([1]), linearModel([2])]);
    const rollout = await start("agree", {
      strategy: "canary",
      candidate: 2,
      steps: [{ percent: 40 }, { percent: 100 }],
      sticky: { by: "header", name: "x-user" },
    });
    for (const at of [0, 1]) await expect.poll(() => loadedOn(at, rollout), patience).toBe(true);
    const users = Array.from({ length: 40 }, (_, at) => `user-${at}`);
    const seenBy = (at: number) =>
      Promise.all(users.map(async (user) => (await predict(at, "agree", user)).version));
    const seen = [await seenBy(0), await seenBy(1)];
    expect(seen[0]).toEqual(seen[1]);
    expect(new Set(seen[0])).toEqual(new Set(["1", "2"]));
    await order(0, rollout, "advance");
    const all = (version: string) => users.map(() => version);
    for (const at of [0, 1]) await expect.poll(() => seenBy(at), patience).toEqual(all("2"));
    await order(1, rollout, "abort");
    for (const at of [0, 1]) await expect.poll(() => seenBy(at), patience).toEqual(all("1"));
  });

  test("see the sum of their counts, and abort once", async () => {
    const dimensions = [2n, 1n].map((one) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(one);
      return bytes;
    });
    const fails = modelFile({
      node: [{ op_type: "Reshape", input: ["x", "shape"], output: ["y"] }],
      initializer: [{ name: "shape", dims: [2], data_type: 7, raw_data: Buffer.concat(dimensions) }],
      input: [value("x", "FP32", ["n", 1])],
      output: [value("y", "FP32", ["n", 1])],
    });
    await register("sum", [linearModel([1]), fails]);
    const rollout = await start("sum", {
      ...{ strategy: "canary", candidate: 2, steps: [{ percent: 50 }], minimumSamples: 60 },
      abort: [{ rule: "error-rate-at-most", value: 0.5 }],
    });
    for (const at of [0, 1]) await expect.poll(() => loadedOn(at, rollout), patience).toBe(true);
    // Each replica sees about 40 answers of the candidate: none alone has the 60 that it takes.
    for (let request = 0; request < 80; request++) {
      await Promise.all([0, 1].map((at) => predict(at, "sum", `${request}`)));
    }
    await expect
      .poll(
        async () => (await call<Rollout>(1, "GET", `${models}/sum/rollouts/${rollout.id}`)).state,
        patience,
      )
      .toBe("aborted");
    const path = `${models}/sum/rollouts/${rollout.id}/history`;
    const { changes } = await call<{ changes: { action: string; actor: string }[] }>(0, "GET", path);
    expect(changes.map(({ action, actor }) => [action, actor])).toEqual([
      ["aborted", "bedplate"],
      ["started", "admin"],
    ]);
    const audit = await call<{ entries: { type: string }[] }>(0, "GET", "/api/bedplate/v1/audit?subject=sum");
    expect(audit.entries.filter(({ type }) => type.endsWith("rollout.changed"))).toHaveLength(2);
  });

  test("flip and go back under load without one failed request", async () => {
    await register("flip", [linearModel([1]), linearModel([2])]);
    const callers = load("flip", 8);
    for (let round = 0; round < 5; round++) {
      const rollout = await start("flip", { strategy: "blueGreen", candidate: 2 });
      for (const at of [0, 1]) await expect.poll(() => loadedOn(at, rollout), patience).toBe(true);
      await order(round % 2, rollout, "promote");
      for (const at of [0, 1]) await expect.poll(() => answeredBy(at, "flip"), patience).toBe("2");
      await order((round + 1) % 2, rollout, "abort");
      for (const at of [0, 1]) await expect.poll(() => answeredBy(at, "flip"), patience).toBe("1");
    }
    const answers = await callers.stop();
    expect(answers.length).toBeGreaterThan(200);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(answers.map(({ version }) => version))).toEqual(new Set(["1", "2"]));
  });

  test("carry out a rollout's order once, though all of many callers give it at the same time", async () => {
    await register("once", [linearModel([1]), linearModel([2])]);
    const rollout = await start("once", {
      ...{ strategy: "canary", candidate: 2 },
      steps: Array.from({ length: 20 }, (_, at) => ({ percent: at + 1 })),
    });
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, caller) =>
        replica(caller % 2).call("POST", `${models}/once/rollouts/${rollout.id}/advance`, { revision: 1 }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)]);
    const found = await call<Rollout>(1, "GET", `${models}/once/rollouts/${rollout.id}`);
    expect([found.position, found.revision]).toEqual([1, 2]);
  });
});
