import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openService, type ServiceUnderTest, token } from "../../../testing/service.ts";

const host = "127.0.0.1:4680";
let consolePath: string;
let service: ServiceUnderTest;

beforeAll(async () => {
  consolePath = await mkdtemp(join(tmpdir(), "bedplate-console-"));
  await mkdir(join(consolePath, "assets"));
  await writeFile(
    join(consolePath, "index.html"),
    '<script nonce="BEDPLATE_CSP_NONCE" src="/console/assets/a.js">',
  );
  await writeFile(join(consolePath, "assets/a.js"), "1");
  await writeFile(join(consolePath, "assets/a.js.br"), "packed");
  service = await openService((made) => ({
    settings: { ...made.settings, consolePath, session: { ...made.settings.session, attemptsPerMinute: 8 } },
  }));
});
afterAll(async () => {
  await service.close();
  await rm(consolePath, { recursive: true });
});

const bearer = { host, authorization: `Bearer ${token}` };

function signIn(fields: Record<string, string>, headers: Record<string, string> = {}, on = service) {
  return on.app.inject({
    method: "POST",
    url: "/login",
    headers: { host, "content-type": "application/x-www-form-urlencoded", ...headers },
    payload: new URLSearchParams(fields).toString(),
  });
}

describe("the sign-in page", () => {
  test("it is public, runs no script of its own and allows its one style by nonce", async () => {
    const answer = await service.app.inject({ url: "/login?next=/docs/", headers: { host } });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).not.toContain("<script");
    expect(answer.body).toContain('value="/docs/"');
    const policy = String(answer.headers["content-security-policy"]);
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
    expect(answer.body).toContain(`<style nonce="${nonce}">`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(answer.headers["cache-control"]).toBe("no-store");
  });

  test("the token opens a session in a cookie that scripts and other sites cannot use", async () => {
    const answer = await signIn(
      { token: ` ${token}\n`, next: "/console/runs" },
      { origin: `http://${host}` },
    );
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe("/console/runs");
    const cookie = String(answer.headers["set-cookie"]);
    expect(cookie).toMatch(/; Path=\/;.*HttpOnly; SameSite=Strict/);
    expect(cookie).not.toContain("Secure");
    const session = { host, cookie: cookie.split(";")[0] ?? "" };
    const ask = () => service.app.inject({ url: "/api/bedplate/v1/identity", headers: session });
    expect((await ask()).json()).toMatchObject({ name: "admin" });

    const out = await service.app.inject({
      method: "POST",
      url: "/logout",
      headers: { ...session, origin: `http://${host}` },
    });
    expect(out.headers.location).toBe("/login");
    expect((await ask()).statusCode).toBe(401);
  });

  test("behind TLS the cookie travels over TLS only", async () => {
    const answer = await signIn({ token }, { "x-forwarded-proto": "https" });
    expect(answer.headers["set-cookie"]).toContain("; Secure");
  });

  test("a wrong token, a program's token, no token and another site's form get the page again", async () => {
    const job = await service.ports.identities.issueJobToken("j", Date.now() + 60_000);
    const tries = [
      { answer: await signIn({ token: "wrong" }), status: 401, says: "not the platform&#39;s token" },
      { answer: await signIn({ token: job }), status: 401, says: "a program&#39;s" },
      { answer: await signIn({}), status: 401, says: "Enter the platform&#39;s token" },
      {
        answer: await signIn({ token, next: '/"><script>' }, { origin: "http://evil.example" }),
        status: 403,
        says: "another site",
      },
    ];
    for (const { answer, status, says } of tries) {
      expect(answer.statusCode, says).toBe(status);
      expect(answer.body).toContain(says);
      expect(answer.body).not.toContain("<script>");
      expect(answer.headers["set-cookie"]).toBeUndefined();
    }
  });

  test("attempts are limited in number per minute", async () => {
    const slow = await openService((made) => ({
      settings: { ...made.settings, session: { ...made.settings.session, attemptsPerMinute: 2 } },
    }));
    await signIn({ token: "a" }, {}, slow);
    await signIn({ token: "b" }, {}, slow);
    const third = await signIn({ token }, {}, slow);
    expect(third.statusCode).toBe(429);
    expect(third.headers["retry-after"]).toBeDefined();
    expect(third.body).toContain("Too many attempts");
    await slow.close();
  });
});

describe("the console", () => {
  test("each of its addresses is the one page, with a nonce of its own, for whoever is signed in", async () => {
    const get = (url: string) => service.app.inject({ url, headers: bearer });
    const pages = await Promise.all(["/console", "/console/", "/console/models/a.b"].map(get));
    const bodies = new Set(pages.map(({ body }) => body));
    expect(bodies.size).toBe(3);
    for (const page of pages) {
      const nonce = /nonce="([^"]+)"/.exec(page.body)?.[1];
      expect(page.headers["content-security-policy"]).toContain(`'nonce-${nonce}'`);
    }
    expect((await get("/")).headers.location).toBe("/console/");
  });

  test("built files are kept by browsers, absent ones are not found, others are not served", async () => {
    const get = (url: string) => service.app.inject({ url, headers: bearer });
    const script = await get("/console/assets/a.js");
    expect(script.headers["cache-control"]).toContain("immutable");
    const packed = await service.app.inject({
      url: "/console/assets/a.js",
      headers: { ...bearer, "accept-encoding": "gzip, br" },
    });
    expect(packed.headers["content-encoding"]).toBe("br");
    expect(packed.headers["cache-control"]).toContain("immutable");
    expect((await get("/console/assets/b.js")).statusCode).toBe(404);
    expect((await get("/console/assets/..%2f..%2fetc/passwd")).statusCode).toBeGreaterThanOrEqual(400);
    const anonymous = await service.app.inject({ url: "/console/assets/a.js", headers: { host } });
    expect(anonymous.statusCode).toBe(303);
  });

  test("where it was not built, a page says how to build it", async () => {
    const bare = await openService();
    const answer = await bare.app.inject({ url: "/console/", headers: bearer });
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toContain("npm start");
    await bare.close();
  });
});

describe("the documentation", () => {
  test("page, scripts and document are served under the policy, to whoever is signed in", async () => {
    for (const url of ["/docs/", "/docs/static/swagger-ui.css", "/docs/json"]) {
      const answer = await service.app.inject({ url, headers: bearer });
      expect(answer.statusCode, url).toBe(200);
      expect(answer.headers["content-security-policy"], url).toContain("script-src 'self';");
      expect((await service.app.inject({ url, headers: { host } })).statusCode, url).toBe(303);
    }
  });
});
