import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import { administratorIdentity } from "../domain/identity.ts";
import { createIdentityStore, type IdentityStore } from "./identity-store.ts";

let opened: Awaited<ReturnType<typeof openTestDatabase>>;
let now = 1_000;
let identities: IdentityStore;

beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.db.deleteFrom("access_tokens").execute();
  now = 1_000;
  identities = createIdentityStore(opened.db, () => now, {
    administratorToken: "the-admin-token",
    sessionLifetimeMs: 100,
    sessionLimit: 2,
  });
});

test("the administrator's token opens everything and another one nothing", async () => {
  const admin = await identities.authenticate({ kind: "token", token: "the-admin-token" });
  expect(admin?.scopes.has("model:promote")).toBe(true);
  expect(await identities.authenticate({ kind: "token", token: "the-admin-tokeN" })).toBeNull();
  expect(await identities.authenticate({ kind: "session", token: "the-admin-token" })).toBeNull();
});

test("a session ends by itself and at sign-out, and its token is no bearer token", async () => {
  const token = await identities.startSession(administratorIdentity);
  expect(await identities.authenticate({ kind: "session", token })).toMatchObject({
    name: "admin",
    via: "session",
  });
  expect(await identities.authenticate({ kind: "token", token })).toBeNull();
  now += 100;
  expect(await identities.authenticate({ kind: "session", token })).toBeNull();
  const second = await identities.startSession(administratorIdentity);
  await identities.endSession(second);
  expect(await identities.authenticate({ kind: "session", token: second })).toBeNull();
});

test("one session more than the limit is refused", async () => {
  await identities.startSession(administratorIdentity);
  await identities.startSession(administratorIdentity);
  await expect(identities.startSession(administratorIdentity)).rejects.toMatchObject({
    code: "TOO_MANY_REQUESTS",
  });
});

test("a job's token carries the job's scopes until it is revoked, and is stored only as a hash", async () => {
  const token = await identities.issueJobToken("job-1", now + 50);
  const identity = await identities.authenticate({ kind: "token", token });
  expect(identity?.name).toBe("job:job-1");
  expect(identity?.scopes.has("model:promote")).toBe(false);
  expect(JSON.stringify(await opened.db.selectFrom("access_tokens").selectAll().execute())).not.toContain(
    token,
  );
  await identities.revokeJobTokens("job-1");
  expect(await identities.authenticate({ kind: "token", token })).toBeNull();
});
