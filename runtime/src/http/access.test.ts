import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openService, type ServiceUnderTest, token } from "../../testing/service.ts";

let service: ServiceUnderTest;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

const host = "127.0.0.1:4680";

/** Every address that the router knows, with parameters filled in. */
function addresses(): { method: "GET"; url: string; scope: string | undefined }[] {
  const found: { method: "GET"; url: string; scope: string | undefined }[] = [];
  for (const line of service.app.printRoutes({ commonPrefix: false, includeMeta: false }).split("\n")) {
    const match = /[├└]── (\S+) \(([A-Z, ]+)\)/.exec(line);
    for (const method of match?.[2]?.split(", ") ?? []) {
      const pattern = match?.[1] ?? "";
      const contract = service.app.findRoute({ url: pattern, method: method as "GET" });
      const url = pattern.replaceAll(/:\w+/g, "x").replace("*", "x");
      found.push({ method: method as "GET", url, scope: contract === null ? undefined : pattern });
    }
  }
  return found;
}

describe("access", () => {
  test("every registered address that is not marked public asks for a token", async () => {
    const all = addresses();
    expect(all.length).toBeGreaterThan(10);
    const open = ["/livez", "/health", "/readyz", "/v2/health/live", "/v2/health/ready", "/login"];
    for (const { method, url } of all) {
      if (open.includes(url) || method.startsWith("OPTIONS")) continue;
      const answer = await service.app.inject({ method, url, headers: { host } });
      const where = `${method} ${url}`;
      if (answer.statusCode === 303) expect(answer.headers.location, where).toMatch(/^\/login\?next=/);
      else expect(answer.statusCode, where).toBe(401);
    }
  });

  test("a bearer token, a Basic password and nothing else sign in", async () => {
    const whoami = (authorization: string) =>
      service.app.inject({ url: "/api/bedplate/v1/identity", headers: { host, authorization } });
    expect((await whoami(`Bearer ${token}`)).json()).toMatchObject({ name: "admin" });
    const basic = Buffer.from(`anyone:${token}`).toString("base64");
    expect((await whoami(`Basic ${basic}`)).statusCode).toBe(200);
    for (const wrong of ["Bearer wrong", "Basic !!!", "Digest x"]) {
      const answer = await whoami(wrong);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers["www-authenticate"]).toContain("Basic");
    }
  });

  test("a foreign host name is refused, even with the token", async () => {
    const answer = await service.app.inject({
      url: "/api/bedplate/v1/identity",
      headers: { host: "evil.example", authorization: `Bearer ${token}` },
    });
    expect(answer.statusCode).toBe(403);
  });

  test("a session may read, but an unsafe request of it must come from our own page", async () => {
    const cookie = `bedplate_session=${await service.ports.identities.startSession("admin")}`;
    const read = await service.app.inject({ url: "/api/bedplate/v1/identity", headers: { host, cookie } });
    expect(read.statusCode).toBe(200);
    const write = (origin: string) =>
      service.app.inject({
        method: "POST",
        url: "/api/bedplate/v1/training/jobs",
        headers: { host, cookie, origin },
        payload: {},
      });
    expect((await write("http://evil.example")).statusCode).toBe(403);
    expect((await write(`http://${host}`)).statusCode).not.toBe(403);
  });

  test("a job's token may log but not promote", async () => {
    const job = await service.ports.identities.issueJobToken("j", Date.now() + 10_000);
    const answer = await service.app.inject({
      method: "POST",
      url: "/api/bedplate/v1/models/m/promote",
      headers: { host, authorization: `Bearer ${job}` },
      payload: { version: 1 },
    });
    expect(answer.statusCode).toBe(403);
  });

  test("an unknown address and a wrong method say so in the words of the protocol", async () => {
    const ask = (method: "GET" | "PUT", url: string) =>
      service.app.inject({ method, url, headers: { host, authorization: `Bearer ${token}` } });
    expect((await ask("GET", "/api/2.0/mlflow/nothing")).json()).toMatchObject({
      error_code: "ENDPOINT_NOT_FOUND",
    });
    expect((await ask("GET", "/v2/nothing/there")).json()).toMatchObject({ code: "ROUTE_NOT_FOUND" });
    const put = await ask("PUT", "/livez");
    expect(put.statusCode).toBe(405);
    expect(put.headers.allow).toBe("GET");
  });
});
