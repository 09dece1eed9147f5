import { subscribe, unsubscribe } from "node:diagnostics_channel";
import cookie from "@fastify/cookie";
import Fastify, { type FastifyInstance, type RouteOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openService, type ServiceUnderTest, token } from "../../testing/service.ts";
import { administratorIdentity } from "../domain/identity.ts";
import { guardAccess } from "./access.ts";
import { wordErrors } from "./errors.ts";

let service: ServiceUnderTest;
const registered: { route: RouteOptions; url: string }[] = [];

beforeAll(async () => {
  const watch = (message: unknown) =>
    (message as { fastify: FastifyInstance }).fastify.addHook("onRoute", (route) => {
      registered.push({ route, url: route.url });
    });
  subscribe("fastify.initialization", watch);
  service = await openService();
  unsubscribe("fastify.initialization", watch);
});
afterAll(() => service.close());

const host = "127.0.0.1:4680";

describe("access", () => {
  test("every registered address, those of plugins too, is the contract's and asks for a token unless public", async () => {
    expect(registered.length).toBeGreaterThan(30);
    const open = ["/livez", "/health", "/readyz", "/v2/health/live", "/v2/health/ready", "/ping", "/login"];
    for (const { route, url: pattern } of registered) {
      const { method, config } = route;
      const where = `${method} ${pattern}`;
      expect(config?.contract, where).toBeDefined();
      expect(config?.contract?.scope === "public", where).toBe(open.includes(pattern));
      if (open.includes(pattern)) continue;
      const url = pattern.replaceAll(/:\w+/g, "x").replace("*", "x");
      for (const one of [method].flat()) {
        const answer = await service.app.inject({ method: one as "GET", url, headers: { host } });
        if (answer.statusCode === 303) expect(answer.headers.location, where).toMatch(/^\/login(\?next=|$)/);
        else expect(answer.statusCode, where).toBe(401);
      }
    }
  });

  test("an address that the contract does not have is refused, signed in or not", async () => {
    const app = Fastify();
    wordErrors(app);
    await app.register(cookie);
    guardAccess(app, service.ports);
    app.get("/stray", () => "open");
    for (const headers of [{ host }, { host, authorization: `Bearer ${token}` }]) {
      expect((await app.inject({ url: "/stray", headers })).statusCode).toBe(403);
      expect((await app.inject({ url: "/nothing", headers })).statusCode).toBe(404);
    }
    await app.close();
  });

  test("a page's own call is not answered with a password prompt", async () => {
    const answer = await service.app.inject({
      url: "/api/bedplate/v1/identity",
      headers: { host, "x-requested-with": "XMLHttpRequest" },
    });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe("Bearer");
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
    const cookie = `bedplate_session=${await service.ports.identities.startSession(administratorIdentity)}`;
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
