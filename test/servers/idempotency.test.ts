import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claimOf } from "../../runtime/src/domain/idempotency-key.ts";
import { openDatabase } from "../../runtime/src/store/database.ts";
import { createIdempotencyStore } from "../../runtime/src/store/idempotency-store.ts";
import { startPostgres } from "../../tools/peers/postgres.ts";
import { createClosers } from "../verify/closers.ts";
import { createReplica, openHome, type Replica, type ServiceHome } from "../verify/service-process.ts";

const closers = createClosers();
let home: ServiceHome;
let replica: Replica;
beforeAll(async () => {
  const postgres = await startPostgres();
  closers.add(postgres.stop);
  home = await openHome(await postgres.createDatabase("keys"));
  closers.add(home.close);
  replica = await createReplica(home, "0");
  closers.add(replica.kill);
  await replica.start();
});
afterAll(() => closers.close());

const path = "/api/2.0/mlflow/runs/create";
const body = JSON.stringify({ experiment_id: "0", run_name: "once" });

async function create(key: string) {
  const headers = { authorization: `Bearer ${home.token}`, "content-type": "application/json" };
  const answer = await fetch(`${replica.url}${path}`, {
    method: "POST",
    headers: { ...headers, "idempotency-key": key },
    body,
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function openKeys() {
  const { sql: connection } = home;
  if (connection.kind !== "postgres") throw new Error("no server");
  const { db, close } = await openDatabase({ ...connection, poolSize: 3 });
  closers.add(close);
  return { db, store: createIdempotencyStore(db, Date.now, { limit: 10, retentionMs: 60_000, waitMs: 300 }) };
}

test("on PostgreSQL a second request waits for the first, gets its answer, or 409 with Retry-After when that takes long", async () => {
  const { store } = await openKeys();
  const claim = claimOf({ owner: "admin", route: "createRun", key: "slow", content: {} });
  let finish = () => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const first = store.once(claim, async () => {
    await held;
    return { status: 200, body: "{}" };
  });
  await expect(store.once(claim, async () => ({ status: 200, body: "second" }))).rejects.toMatchObject({
    code: "IDEMPOTENCY_KEY_IN_USE",
  });
  const refused = await create("slow");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([409, "1"]);
  expect(JSON.parse(refused.text)).toMatchObject({ error_code: "RESOURCE_CONFLICT" });
  const patient = store.once(claim, async () => ({ status: 200, body: "third" }));
  finish();
  expect(await first).toMatchObject({ repeated: false });
  expect(await patient).toMatchObject({ answer: { body: "{}" }, repeated: true });
});

test("a connection that is lost before the commit leaves neither the thing nor the key", async () => {
  const { db, store } = await openKeys();
  const { db: other } = await openKeys();
  const claim = claimOf({ owner: "o", route: "r", key: "k", content: {} });
  const key = "half made";
  const work = async () => {
    await db.insertInto("experiment_tags").values({ experiment_id: 0, key, value: "v" }).execute();
    return { status: 200, body: "{}" };
  };
  const lost = store.once(claim, async () => {
    const answer = await work();
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where state = 'idle in transaction' and pid <> pg_backend_pid()`.execute(other);
    return answer;
  });
  await expect(lost).rejects.toThrow();
  expect(await db.selectFrom("experiment_tags").selectAll().where("key", "=", key).execute()).toEqual([]);
  await store.once(claim, work);
  expect(await store.once(claim, work)).toMatchObject({ repeated: true });
});

test("many clients of the service under one key make one run", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => create("many")));
  const done = answers.filter(({ status }) => status === 200);
  expect(new Set(done.map(({ text }) => text)).size).toBe(1);
  expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
});
