import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { linearModel } from "../../runtime/testing/onnx-model.ts";
import { openReceiver } from "../../runtime/testing/receiver.ts";
import { createRegistrar } from "../../tools/bench/model-registrar.ts";
import { openChromium } from "./chromium.ts";
import { startRuntime } from "./runtime-process.ts";
import { type Seeded, seed } from "./seed.ts";

let runtime: Awaited<ReturnType<typeof startRuntime>>;
let browser: Browser;
let seeded: Seeded;
let page: Page;
/** What the browser's console says is wrong, refusals of the content policy among it. */
let complaints: string[];

beforeAll(async () => {
  browser = await openChromium();
  runtime = await startRuntime();
  seeded = await seed(runtime.url, runtime.token);
});
afterAll(async () => {
  await browser?.close();
  await runtime?.stop();
});

beforeEach(async () => {
  complaints = [];
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
});
afterEach(() => page.context().close());

async function signIn(path = "/") {
  await page.goto(runtime.url + path);
  await page.getByLabel("Token").fill(runtime.token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** What another client does meanwhile. */
async function call(method: "POST" | "PUT", path: string, body: object): Promise<void> {
  const answer = await fetch(runtime.url + path, {
    method,
    headers: { authorization: `Bearer ${runtime.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.ok, await answer.text()).toBe(true);
}

const settled = (selector: string) => page.locator(selector).first().waitFor();

describe("the console", () => {
  test("a person signs in, sees what is served, tries it, promotes, reads a run, and signs out", async () => {
    await page.goto(runtime.url);
    expect(page.url()).toContain("/login");
    await page.getByLabel("Token").fill("not the token");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("not the platform's token").waitFor();
    // The browser reports the refused sign-in itself; from here on it has nothing to report.
    complaints.length = 0;

    await page.getByLabel("Token").fill(runtime.token);
    await page.getByRole("button", { name: "Sign in" }).click();
    const row = page.getByRole("row").filter({ hasText: seeded.model });
    await row.getByText("Served").waitFor();
    expect(await row.textContent()).toContain("version 1");
    expect(await page.title()).toBe("Models · Bedplate");

    await page.getByRole("link", { name: seeded.model }).click();
    await page.getByLabel("x 0").fill("10");
    await page.getByLabel("x 1").fill("100");
    await page.getByRole("button", { name: "Predict" }).click();
    const prediction = page.getByRole("status", { name: "Prediction" });
    // 2 · 10 + 3 · 100 + 1
    await prediction.getByRole("cell", { name: "321" }).waitFor();

    await page.getByLabel("x 0").fill("ten");
    await page.getByRole("button", { name: "Predict" }).click();
    await page.getByText('"ten" is not a number').waitFor();

    await page.getByRole("button", { name: "Promote version 2" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Promote" }).click();
    await page.getByText("version 2, loaded").waitFor();
    await page.getByRole("button", { name: "Predict" }).click();
    // The new version's form starts with zeros; its bias is 2.
    await prediction.getByRole("cell", { name: "2", exact: true }).waitFor();

    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await page.getByRole("link", { name: seeded.run }).click();
    const chart = page.getByRole("figure", { name: "loss over the run" });
    const curve = await chart.locator("path.recharts-line-curve").getAttribute("d");
    expect(curve?.split("L").length).toBe(40);
    await page.getByRole("region", { name: "Parameters" }).getByText("rate").waitFor();
    await page.getByRole("region", { name: "Tags" }).getByText("birds").waitFor();

    await page.getByRole("link", { name: "Jobs" }).click();
    await page.getByText("No training job yet").waitFor();

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goto(`${runtime.url}/console/runs`);
    expect(page.url()).toContain("/login?next=");
    expect(complaints).toEqual([]);
  });

  test("a version that cannot be served is refused with the reason, and nothing changes", async () => {
    await signIn(`/console/models/${seeded.broken}`);
    await page.getByText("Nothing to try yet").waitFor();
    await page.getByRole("button", { name: "Promote version 1" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Promote" }).click();
    await dialog.getByRole("alert").getByText("MODEL_NOT_ONNX").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await page.getByText("Not served").waitFor();
  });

  test("what promotion asks is shown before it is asked for, and a person approves", async () => {
    const at = `/api/bedplate/v1/models/${seeded.model}`;
    const policy = { approvals: { count: 1, fourEyes: false } };
    await call("PUT", `${at}/promotion-policy`, policy);
    await signIn(`/console/models/${seeded.model}`);
    await page.getByRole("button", { name: "Promote version 1" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Approval: not met").waitFor();
    await dialog.getByText("Ask somebody to approve it").waitFor();
    expect(await dialog.getByRole("button", { name: "Promote" }).isDisabled()).toBe(true);
    await page.keyboard.press("Escape");

    await page.goto(`${runtime.url}/console/models/${seeded.model}/versions/1`);
    const approvals = page.getByRole("region", { name: "Approvals" });
    await approvals.getByLabel("Why").fill("it did well before");
    await approvals.getByRole("button", { name: "Approve" }).click();
    await approvals
      .getByRole("row")
      .filter({ hasText: "it did well before" })
      .getByText("Approved")
      .waitFor();
    await approvals.getByRole("button", { name: "Take back" }).click();
    await approvals.getByText("taken back").waitFor();
    await approvals.getByLabel("Why").fill("it really did");
    await approvals.getByRole("button", { name: "Approve" }).click();
    await approvals.getByText("it really did").waitFor();

    await page.getByRole("link", { name: seeded.model, exact: true }).click();
    await page.getByRole("button", { name: "Promote version 1" }).click();
    await dialog.getByText("Approval: met").waitFor();
    await dialog.getByLabel("Why (optional)").fill("back to the first");
    await dialog.getByRole("button", { name: "Promote" }).click();
    await page.getByText("version 1, loaded").waitFor();
    const history = page.getByRole("region", { name: "History" });
    const newest = history.getByRole("row").filter({ hasText: "back to the first" });
    await newest.getByText("Alias champion set to version 1 (before: version 2)").waitFor();
    await call("PUT", `${at}/promotion-policy`, {});
    expect(complaints).toEqual([]);
  });

  test("a delivery that was given up is found and sent again", async () => {
    await signIn("/console/webhooks");
    await page.getByText("No webhook yet").waitFor();
    let answers = 500;
    const receiver = await openReceiver((_received, reply) => reply.writeHead(answers).end());
    try {
      await call("POST", "/api/2.0/mlflow/webhooks", {
        name: "chat",
        url: receiver.url,
        events: [{ entity: "REGISTERED_MODEL", action: "CREATED" }],
      });
      await call("POST", "/api/2.0/mlflow/registered-models/create", { name: "announced" });
      await page.getByRole("link", { name: "chat" }).click();
      const row = page.getByRole("row").filter({ hasText: "announced" });
      await row.getByText("Given up").filter({ visible: true }).waitFor();
      await page.getByRole("radiogroup").getByText("Given up").click();
      answers = 200;
      await row.getByRole("button", { name: "Send registered_model.created of announced again" }).click();
      await page.getByRole("radiogroup").getByText("Delivered").click();
      await row.getByText("Delivered").filter({ visible: true }).waitFor();
      await page.getByRole("button", { name: "Send a test" }).click();
      await page.getByRole("status").getByText("It was taken (200).").waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await receiver.close();
    }
  });

  test("a training job is followed by its log and cancelled", async () => {
    const program = "console.log('first line'); setInterval(() => {}, 1000);";
    await writeFile(join(runtime.programRoot, "wait.mjs"), program);
    const job = { name: "waiting", command: ["node", "wait.mjs"] };
    await call("POST", "/api/bedplate/v1/training/jobs", job);

    await signIn("/console/jobs");
    await page.getByRole("link", { name: "waiting" }).click();
    await page.getByText("first line").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the job" }).click();
    await page.getByText("Cancelled", { exact: true }).waitFor();
    await page.getByText("first line").waitFor();
    expect(complaints).toEqual([]);
  });

  test("a session that ended leads to the sign-in page and back to the same place", async () => {
    await signIn("/console/jobs");
    await page.getByRole("heading", { name: "Training jobs" }).waitFor();
    await page.context().clearCookies();
    // The page notices by itself when it asks for news.
    await page.getByLabel("Token").fill(runtime.token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Training jobs" }).waitFor();
    expect(page.url()).toBe(`${runtime.url}/console/jobs`);
  });

  test("a rollout is seen with what its versions did, goes on, is held, and is aborted", async () => {
    const registrar = createRegistrar(runtime);
    const model = "rolled";
    const versions = [];
    for (const bias of [1, 2]) versions.push(await registrar.register(model, linearModel([2, 3], bias)));
    const [champion = 1, candidate = 2] = versions;
    expect((await registrar.promote(model, champion)).status).toBe(200);
    await call("POST", `/api/bedplate/v1/models/${model}/rollouts`, {
      rollout: { strategy: "canary", candidate, steps: [{ percent: 25 }, { percent: 50 }] },
    });
    await signIn(`/console/models/${model}`);
    const rollout = page.getByRole("region", { name: "Rollout" });
    await rollout.getByText("Canary, step 1 of 2").waitFor();
    const inputs = [{ name: "x", shape: [1, 2], datatype: "FP32", data: [1, 1] }];
    const row = rollout.getByRole("row").filter({ hasText: "candidate" });
    await expect
      .poll(
        async () => {
          await registrar.infer(model, { inputs });
          return await row.getByRole("cell").nth(2).textContent();
        },
        { timeout: 20_000, interval: 50 },
      )
      .not.toBe("0");
    expect(await row.textContent()).toContain("25 %");
    await rollout.getByRole("button", { name: "Next step" }).click();
    await rollout.getByText("Canary, step 2 of 2").waitFor();
    await row.getByText("50 %").waitFor();
    expect(await rollout.getByRole("button", { name: "Next step" }).count()).toBe(0);
    await rollout.getByRole("button", { name: "Pause" }).click();
    await rollout.getByText("Paused").waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    const promote = rollout.getByRole("button", { name: `Promote version ${candidate} of the rollout` });
    const box = await promote.boundingBox();
    expect((box?.x ?? 390) + (box?.width ?? 0)).toBeLessThan(390);
    await rollout.getByRole("button", { name: "Abort" }).click();
    await rollout.waitFor({ state: "hidden" });
    expect(complaints).toEqual([]);
  });

  test("nothing is wider than a telephone, and the main places are reached by keyboard", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await signIn();
    const places = [
      "/console/",
      `/console/models/${seeded.model}`,
      "/console/runs",
      `/console/runs/${seeded.runId}`,
      `/console/models/${seeded.model}/versions/1`,
      "/console/webhooks",
    ];
    for (const place of places) {
      await page.goto(runtime.url + place);
      await settled("h1");
      await settled(".facts dt");
      const over = await page.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth");
      expect(over, place).toBeLessThanOrEqual(0);
    }
    const reached: string[] = [];
    for (let presses = 0; presses < 7; presses += 1) {
      await page.keyboard.press("Tab");
      reached.push(await page.evaluate<string>("document.activeElement.textContent.trim()"));
    }
    expect(reached).toEqual(["To the content", "Bedplate", "Models", "Runs", "Jobs", "Webhooks", "API"]);
    expect(complaints).toEqual([]);
  });

  test("an address that does not exist and a model that does not exist say so", async () => {
    await signIn("/console/nothing");
    await page.getByText("There is no such page").waitFor();
    expect(complaints).toEqual([]);
    await page.goto(`${runtime.url}/console/models/absent`);
    await page.getByRole("alert").getByText("NOT_FOUND").waitFor();
  });

  test("the API's pages load under the policy", async () => {
    await signIn("/docs/");
    await page.getByRole("heading", { name: /Bedplate/ }).waitFor();
    await page.getByRole("link", { name: "mlflow" }).waitFor();
    expect(complaints).toEqual([]);
  });
});
