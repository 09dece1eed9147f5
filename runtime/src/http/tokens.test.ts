import { afterAll, beforeAll, expect, test } from "vitest";
import { token as adminToken, openService, type ServiceUnderTest } from "../../testing/service.ts";

let now = 1_800_000_000_000;
let service: ServiceUnderTest;
beforeAll(async () => {
  service = await openService(
    () => ({}),
    () => now,
  );
  await own("POST", "/teams", { name: "red" });
});
afterAll(() => service.close());

const host = "127.0.0.1:4680";
const hour = 3_600_000;
const own = (
  method: "GET" | "POST" | "DELETE",
  path: string,
  payload?: object,
  authorization = bearer(adminToken),
) =>
  service.app.inject({
    method,
    url: `/api/bedplate/v1${path}`,
    headers: { host, authorization },
    ...(payload === undefined ? {} : { payload }),
  });
const bearer = (token: string) => `Bearer ${token}`;
const whoami = (authorization: string) => own("GET", "/identity", undefined, authorization);
const request = { user: "ada", title: "laptop", role: "contributor", team: "red" };

test("a token is shown once, kept as a hash, and signs in as bearer and as Basic password of its user", async () => {
  const made = await own("POST", "/tokens", request);
  expect(made.headers["cache-control"]).toBe("no-store");
  const { token, id } = made.json();
  expect(token).toMatch(/^bpt_[\w-]{43}$/);
  const rows = await service.db.selectFrom("personal_tokens").selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(token);
  expect((await own("GET", "/tokens")).body).not.toContain(token);
  expect((await whoami(bearer(token))).json()).toMatchObject({
    name: "ada",
    role: "contributor",
    team: "red",
  });
  const basic = (user: string) => `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
  expect((await whoami(basic("ada"))).statusCode).toBe(200);
  expect((await whoami(basic("bob"))).statusCode).toBe(401);
  const [info] = (await own("GET", "/tokens")).json().tokens;
  expect(info).toMatchObject({ id, user: "ada", lastUsedAt: now - (now % hour) });
});

test("a token ends at its time, when it is revoked, and sessions that it started end with it", async () => {
  const { token, id } = (await own("POST", "/tokens", { ...request, lifetimeMs: 60_000 })).json();
  const session = await service.app.inject({
    method: "POST",
    url: "/login",
    headers: { host, "content-type": "application/x-www-form-urlencoded" },
    payload: new URLSearchParams({ token }).toString(),
  });
  const cookie = String(session.headers["set-cookie"]).split(";")[0] ?? "";
  const see = () => service.app.inject({ url: "/api/bedplate/v1/identity", headers: { host, cookie } });
  expect((await see()).json()).toMatchObject({ name: "ada", role: "contributor", team: "red" });
  now += 60_000;
  expect((await whoami(bearer(token))).statusCode).toBe(401);
  expect((await see()).statusCode).toBe(401);
  now -= 60_000;
  expect((await see()).statusCode).toBe(200);
  expect((await own("DELETE", `/tokens/${id}`)).statusCode).toBe(200);
  expect((await whoami(bearer(token))).statusCode).toBe(401);
  expect((await see()).statusCode).toBe(401);
  expect((await own("DELETE", `/tokens/${id}`)).statusCode).toBe(404);
});

test("a team's administrator makes tokens of that team, and nobody sees or ends what is not theirs", async () => {
  const boss = bearer(
    (await own("POST", "/tokens", { ...request, user: "boss", role: "admin" })).json().token,
  );
  expect((await own("POST", "/tokens", { ...request, team: null }, boss)).statusCode).toBe(403);
  expect((await own("POST", "/tokens", { ...request, team: "default" }, boss)).statusCode).toBe(403);
  const { token } = (await own("POST", "/tokens", { user: "bob", title: "t", role: "viewer" }, boss)).json();
  const foreign = (await own("POST", "/tokens", { ...request, team: "default", user: "bob" })).json();
  const users = async (authorization: string) =>
    (await own("GET", "/tokens", undefined, authorization))
      .json()
      .tokens.map((each: { user: string; team: string }) => `${each.user}@${each.team}`)
      .sort();
  expect(await users(bearer(token))).toEqual(["bob@red"]);
  expect(await users(boss)).not.toContain("bob@default");
  expect((await own("DELETE", `/tokens/${foreign.id}`, undefined, bearer(token))).statusCode).toBe(404);
  expect((await own("DELETE", `/tokens/${foreign.id}`, undefined, boss)).statusCode).toBe(404);
});

test("names of the platform's own, unknown teams, and lifetimes over the limit are refused", async () => {
  for (const user of ["admin", "job:1", "Ada", "", "a/b"]) {
    expect((await own("POST", "/tokens", { ...request, user })).statusCode, user).toBe(400);
  }
  expect((await own("POST", "/tokens", { ...request, team: "nowhere" })).statusCode).toBe(404);
  expect((await own("POST", "/tokens", { ...request, lifetimeMs: 400 * 24 * hour })).statusCode).toBe(400);
  expect((await own("POST", "/tokens", { ...request, scope: "all" })).statusCode).toBe(400);
});

test("who predicted a moment ago cannot once the token is revoked, or its time is over", async () => {
  const predict = (token: string) =>
    service.app.inject({ url: "/v2/models", headers: { host, authorization: bearer(token) } });
  const platform = { ...request, team: null, role: "viewer" };
  const { token, id } = (await own("POST", "/tokens", platform)).json();
  expect((await predict(token)).statusCode).toBe(200);
  expect((await predict(token)).statusCode).toBe(200);
  await own("DELETE", `/tokens/${id}`);
  expect((await predict(token)).statusCode).toBe(401);
  const brief = (await own("POST", "/tokens", { ...platform, lifetimeMs: 60_000 })).json();
  now += 59_500;
  expect((await predict(brief.token)).statusCode).toBe(200);
  now += 500;
  expect((await predict(brief.token)).statusCode).toBe(401);
});
