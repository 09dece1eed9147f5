import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openService, type ServiceUnderTest, token } from "../../../testing/service.ts";

let service: ServiceUnderTest;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

const authorization = `Bearer ${token}`;

async function call(method: "GET" | "POST", url: string, payload?: unknown, type = "application/json") {
  const reply = await service.app.inject({
    method,
    url,
    headers: { authorization, ...(payload === undefined ? {} : { "content-type": type }) },
    ...(payload === undefined
      ? {}
      : { payload: typeof payload === "string" ? payload : JSON.stringify(payload) }),
  });
  return { status: reply.statusCode, text: reply.body };
}

const json = async (...of: Parameters<typeof call>) =>
  JSON.parse((await call(...of)).text) as Record<string, never>;

async function newExperiment(): Promise<string> {
  const made = await json("POST", "/api/2.0/mlflow/experiments/create", { name: `e-${Math.random()}` });
  return made.experiment_id ?? "";
}

async function newRun(experiment_id: string, start_time = 1): Promise<string> {
  const made = await json("POST", "/api/2.0/mlflow/runs/create", { experiment_id, start_time });
  return (made as unknown as { run: { info: { run_id: string } } }).run.info.run_id;
}

test("pages of runs hold every run once, newest first, and a page's mark is good for its order only", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(2), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom([], ["start_time DESC"], ["start_time ASC"]),
      async (starts, max_results, order_by) => {
        const experimentId = await newExperiment();
        const made: { id: string; start: number }[] = [];
        for (const start of starts) made.push({ start, id: await newRun(experimentId, start) });
        const seen: string[] = [];
        let page_token: string | undefined;
        do {
          const body = { experiment_ids: [experimentId], max_results, order_by, page_token };
          const page = (await json("POST", "/api/2.0/mlflow/runs/search", body)) as unknown as {
            runs: { info: { run_id: string } }[];
            next_page_token?: string;
          };
          seen.push(...page.runs.map(({ info }) => info.run_id));
          page_token = page.next_page_token;
        } while (page_token !== undefined);
        const sign = order_by[0] === "start_time ASC" ? -1 : 1;
        made.sort((a, b) => sign * (b.start - a.start) || (a.id < b.id ? -1 : 1));
        expect(seen).toEqual(made.map(({ id }) => id));
      },
    ),
    { numRuns: 12 },
  );
  const experiment_ids = [await newExperiment()];
  for (let at = 0; at < 2; at += 1) await newRun(experiment_ids[0] ?? "");
  const search = (rest: object) =>
    json("POST", "/api/2.0/mlflow/runs/search", { experiment_ids, max_results: 1, ...rest });
  const { next_page_token: page_token } = await search({});
  expect(await search({ page_token, order_by: ["metrics.m"] })).toMatchObject({
    error_code: "INVALID_PARAMETER_VALUE",
  });
});

test("what is too deep, too long or too much is refused within a second, in MLflow's words", async () => {
  const experiment_ids = ["0"];
  const locations = [{ mlflow_experiment: { experiment_id: "0" } }];
  const searches: readonly (readonly [string, object])[] = [
    ["/api/2.0/mlflow/runs/search", { experiment_ids }],
    ["/api/2.0/mlflow/experiments/search", {}],
    ["/api/2.0/mlflow/logged-models/search", { experiment_ids }],
    ["/api/3.0/mlflow/traces/search", { locations }],
  ];
  const nested = `${"[".repeat(2_500_000)}${"]".repeat(2_500_000)}`;
  for (const [url, body] of searches) {
    const fields = JSON.stringify(body).slice(1, -1);
    const bodies = [
      `{"unknown":${nested}}`,
      `{"filter":${nested}}`,
      `{"a":${'{"a":'.repeat(900_000)}1${"}".repeat(900_000)}}`,
      ...[
        { filter: "a".repeat(10_000_000) },
        { filter: "tags.a = 'b' AND ".repeat(600_000) },
        { filter: "(".repeat(10_000_000) },
        { order_by: [`tags.\`${"x".repeat(10_000_000)}`] },
        { order_by: Array.from({ length: 500_000 }, () => "name") },
        { max_results: 1_000_000_000 },
        { max_results: -1 },
        { max_results: 1e300 },
        { max_results: { $gt: 1 } },
        { page_token: "x".repeat(10_000_000) },
        { filter: 5 },
      ].map((each) => `{${fields === "" ? "" : `${fields},`}${JSON.stringify(each).slice(1)}`),
    ];
    for (const payload of bodies) {
      // Processor time, because others may keep the processor from the test.
      const before = process.cpuUsage();
      const { status, text } = await call("POST", url, payload);
      const { user, system } = process.cpuUsage(before);
      const seconds = (user + system) / 1_000_000;
      const shown = payload.slice(0, 60);
      expect([url, shown, status]).toEqual([url, shown, 400]);
      expect(JSON.parse(text)).toMatchObject({ error_code: expect.any(String), message: expect.any(String) });
      expect(text.length).toBeLessThan(5_000);
      expect(text).not.toMatch(/select|from |\/tmp|node_modules/i);
      expect([shown, seconds < 1 ? 0 : seconds]).toEqual([shown, 0]);
    }
  }
}, 120_000);

test("lists of a million things that are none are refused within a second", async () => {
  const many = `[${"{},".repeat(999_999)}{}]`;
  const requests: readonly (readonly [string, string])[] = [
    ["/api/2.0/mlflow/runs/log-batch", `{"run_id":"r","metrics":${many}}`],
    ["/api/2.0/mlflow/runs/log-batch", `{"run_id":"r","params":${many},"tags":${many}}`],
    ["/api/2.0/mlflow/runs/create", `{"tags":${many}}`],
    ["/api/2.0/mlflow/runs/log-inputs", `{"run_id":"r","datasets":${many}}`],
    ["/api/2.0/mlflow/runs/log-inputs", `{"run_id":"r","models":${many}}`],
    ["/api/2.0/mlflow/runs/search", `{"experiment_ids":${many}}`],
    ["/api/2.0/mlflow/logged-models/search", `{"order_by":${many}}`],
    ["/api/2.0mlflow/experiments/search-datasets", `{"experiment_ids":${many}}`],
    ["/api/3.0/mlflow/traces/search", `{"locations":${many}}`],
    ["/api/3.0/mlflow/traces", `{"trace":{"trace_info":{"trace_id":"t","assessments":${many}}}}`],
  ];
  for (const [url, payload] of requests) {
    const before = process.cpuUsage();
    const { status, text } = await call("POST", url, payload);
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1_000_000;
    expect([url, status, seconds < 1 ? 0 : seconds]).toEqual([url, 400, 0]);
    expect(text.length).toBeLessThan(5_000);
  }
}, 120_000);
