import { createHmac } from "node:crypto";
import { exportSPKI, importJWK } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { believing, type Issuer, type IssuerKey, makeKey, openIssuer } from "../../testing/issuer.ts";
import { openService, type ServiceUnderTest } from "../../testing/service.ts";
import { administratorIdentity } from "../domain/identity.ts";
import { Problem } from "../domain/problem.ts";
import { openSignIn } from "./oidc.ts";

const host = "127.0.0.1:4680";
let [first, second]: IssuerKey[] = [];
let issuer: Issuer;
let service: ServiceUnderTest;
const closers: (() => void)[] = [];

beforeAll(async () => {
  [first, second] = await Promise.all([makeKey("one"), makeKey("two")]);
  issuer = await openIssuer(key(first));
  service = await openService((made) => {
    const settings = { ...made.settings, identity: { oidc: believing(issuer) } };
    const { identities, close } = openSignIn({ ...made, settings, log: { warn: () => {} } });
    closers.push(close);
    return { settings, identities };
  });
  for (const name of ["red", "blue"]) await makeTeam(service, name);
});
afterAll(async () => {
  for (const close of closers) close();
  await service.close();
  await issuer.close();
});

function key(made: IssuerKey | undefined): IssuerKey {
  if (made === undefined) throw new Error("not made yet");
  return made;
}

async function makeTeam({ ports }: ServiceUnderTest, name: string): Promise<void> {
  const promotion = { approvals: 0, fourEyes: true };
  const none = {
    registeredModels: null,
    modelVersions: null,
    experiments: null,
    runs: null,
    artifactBytes: null,
    webhooks: null,
    waitingJobs: null,
  };
  await ports.teams.create({ name, title: "", visibility: "private", promotion, quotas: none }, "test");
}

const ask = (
  token: string,
  { url = "/api/bedplate/v1/identity", headers = {}, user = null as string | null } = {},
) => {
  const basic = Buffer.from(`${user}:${token}`).toString("base64");
  const authorization = user === null ? `Bearer ${token}` : `Basic ${basic}`;
  return service.app.inject({ url, headers: { host, authorization, ...headers } });
};
const statusOf = async (token: string) => (await ask(token)).statusCode;
const now = () => Math.floor(Date.now() / 1_000);
const encode = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

describe("a token that holds", () => {
  test("gives its holder the role of their group, in that group's team, on every surface", async () => {
    const token = await issuer.sign();
    expect((await ask(token)).json()).toMatchObject({ name: "ann", role: "contributor", team: "red" });
    for (const url of ["/api/2.0/mlflow/registered-models/search", "/v2", "/api/bedplate/v1/models"])
      expect((await ask(token, { url })).statusCode, url).toBe(200);
    expect((await ask(token, { url: "/api/bedplate/v1/audit" })).statusCode).toBe(403);
  });

  test("of several roles in one team the last counts; a group of the platform's comes first", async () => {
    const of = async (groups: unknown) => (await ask(await issuer.sign({ claims: { groups } }))).json();
    expect(await of(["red-dev", "red-lead"])).toMatchObject({ role: "admin", team: "red" });
    expect(await of(["red-dev", "platform"])).toMatchObject({ role: "admin", team: null });
    expect(await of("blue-dev")).toMatchObject({ role: "viewer", team: "blue" });
  });

  test("who is in several teams says which, as user name or in a header", async () => {
    const token = await issuer.sign({ claims: { groups: ["red-dev", "blue-dev"] } });
    const silent = await ask(token);
    expect(silent.statusCode).toBe(403);
    expect(silent.json().detail).toContain("blue, red");
    expect((await ask(token, { user: "blue" })).json()).toMatchObject({ team: "blue", role: "viewer" });
    const named = (team: string) => ask(token, { headers: { "x-bedplate-team": team } });
    expect((await named("red")).json()).toMatchObject({ team: "red" });
    expect((await named("green")).statusCode).toBe(403);
    expect((await ask(token, { user: "somebody" })).statusCode).toBe(401);
    expect((await ask(await issuer.sign(), { user: "ann" })).json()).toMatchObject({ team: "red" });
  });

  test.each([
    ["no group", { groups: [] }],
    ["groups of another shape", { groups: { "red-dev": true } }],
    ["a team that is not there", { groups: ["nowhere"] }],
    ["a name of the platform", { sub: "Admin", groups: ["red-dev"] }],
    ["a job's name", { sub: "job:1", groups: ["red-dev"] }],
  ])("%s gives nobody a role", async (_, claims: Record<string, unknown>) => {
    expect((await ask(await issuer.sign({ claims }))).statusCode).toBe(403);
  });

  test("opens a session of the console that ends with it", async () => {
    const signIn = (fields: Record<string, string>) =>
      service.app.inject({
        method: "POST",
        url: "/login",
        headers: { host, "content-type": "application/x-www-form-urlencoded" },
        payload: new URLSearchParams(fields).toString(),
      });
    const exp = now() + 60;
    const token = await issuer.sign({ claims: { groups: ["red-dev", "blue-dev"], exp } });
    const unsaid = await signIn({ token });
    expect(unsaid.statusCode).toBe(403);
    expect(unsaid.body).toContain('name="team"');
    const answer = await signIn({ token, team: "blue" });
    expect(answer.statusCode).toBe(303);
    const cookie = String(answer.headers["set-cookie"]).split(";")[0] ?? "";
    const me = await service.app.inject({ url: "/api/bedplate/v1/identity", headers: { host, cookie } });
    expect(me.json()).toMatchObject({ name: "ann", team: "blue", role: "viewer" });
    const session = await service.db
      .selectFrom("access_tokens")
      .select("expires_at")
      .where("name", "=", "ann")
      .executeTakeFirstOrThrow();
    expect(session.expires_at).toBe(exp * 1_000);
  });
});

const hour = 3_600;

/** Who a token is for under other settings; the code of the refusal otherwise. */
function believe(
  more: object = {},
  clock: () => number = Date.now,
): (token: string) => Promise<string | null> {
  const { settings, teams, identities } = service.ports;
  const signIn = openSignIn({
    settings: { ...settings, identity: { oidc: believing(issuer, more) } },
    teams,
    identities,
    clock,
    log: { warn: () => {} },
  });
  closers.push(signIn.close);
  return (token) =>
    signIn.identities.authenticate({ kind: "token", token }).then(
      (identity) => identity?.name ?? null,
      (error: unknown) => (error instanceof Problem ? error.code : String(error)),
    );
}

describe("a token that does not hold", () => {
  test.each<[string, Record<string, unknown>]>([
    ["it is over", { exp: now() - 60 }],
    ["it is not yet good", { nbf: now() + 120 }],
    ["it comes from tomorrow", { iat: now() + 24 * hour }],
    ["it is too old whatever it says", { iat: now() - 25 * hour, exp: now() + hour }],
    ["it is for somebody else", { aud: "another-service" }],
    ["it has no end", { exp: undefined }],
    ["it does not say when it was issued", { iat: undefined }],
    ["it does not say whose it is", { sub: undefined }],
  ])("is refused with the reason when %s", async (_, claims) => {
    const answer = await ask(await issuer.sign({ claims }));
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["www-authenticate"]).toContain("Bearer");
    expect(answer.json().detail).toContain("was not accepted");
  });

  test("a clock that differs a little is forgiven", async () => {
    expect(await statusOf(await issuer.sign({ claims: { exp: now() - 10, nbf: now() + 10 } }))).toBe(200);
  });

  test.each([
    ["another issuer", { claims: { iss: "https://evil.example" } }],
    ["an issuer that is spelt otherwise", { claims: { iss: "HTTP://127.0.0.1" } }],
    ["an ID token's type", { header: { typ: "JWT" } }],
    ["no type", { header: { typ: undefined } }],
    ["an extension that must be understood", { header: { crit: ["exp"], exp: 1 } }],
    ["a key at an address of its own", { header: { jku: "https://evil.example/keys" } }],
    ["a certificate at an address of its own", { header: { x5u: "https://evil.example/x" } }],
    ["a key id that is a path", { header: { kid: "../../../../dev/null" } }],
    ["a key id that is SQL", { header: { kid: "' or 1=1 --" } }],
    ["a key id that is a property", { header: { kid: "__proto__" } }],
    ["a key id of many letters", { header: { kid: "k".repeat(300) } }],
    ["more letters than a token may have", { claims: { more: "x".repeat(9_000) } }],
  ])("is refused with %s", async (_, change) => {
    expect(await statusOf(await issuer.sign(change))).toBe(401);
  });

  test("is refused with a key of its own, though that key signed it", async () => {
    const own = await makeKey("one");
    expect(await statusOf(await issuer.sign({ key: own, header: { jwk: own.publicJwk } }))).toBe(401);
    expect(await statusOf(await issuer.sign({ key: own }))).toBe(401);
  });

  test("is refused without a signature, and signed with the public key as a secret", async () => {
    const [, body = ""] = (await issuer.sign()).split(".");
    for (const alg of ["none", "None", "nOnE"])
      for (const signature of ["", "AA"])
        expect(await statusOf(`${encode({ alg, typ: "at+jwt" })}.${body}.${signature}`)).toBe(401);
    const publicKey = await importJWK(key(first).publicJwk, "ES256", { extractable: true });
    if (publicKey instanceof Uint8Array) throw new Error("not a key pair");
    const secrets = [await exportSPKI(publicKey), JSON.stringify(key(first).publicJwk)];
    for (const secret of [...secrets, secrets[0]?.trim() ?? "", ""]) {
      const signed = `${encode({ alg: "HS256", typ: "at+jwt", kid: "one" })}.${body}`;
      const mac = createHmac("sha256", secret).update(signed).digest("base64url");
      expect(await statusOf(`${signed}.${mac}`)).toBe(401);
    }
  });

  test("is refused when a claim is there twice, in whatever spelling, and in a second spelling of itself", async () => {
    const token = await issuer.sign();
    const [head = "", body = "", signature = ""] = token.split(".");
    const text = Buffer.from(body, "base64url").toString();
    const twice = `${text.slice(0, -1)},"su\\u0062":"bob"}`;
    const forger = await makeKey("one");
    issuer.publish([forger.publicJwk]);
    expect(await statusOf(`${head}.${encode(twice)}.${signature}`)).toBe(401);
    issuer.publish([key(first).publicJwk]);
    for (const spelling of [
      `${token}=`,
      `${head}=.${body}.${signature}`,
      `${token}.`,
      `${token}.AA`,
      ` ${token}`,
    ])
      expect(await statusOf(spelling), spelling.slice(-10)).toBe(spelling.startsWith(" ") ? 200 : 401);
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = alphabet.indexOf(signature.at(-1) ?? "");
    const sameBytes = signature.slice(0, -1) + alphabet[last ^ 1];
    expect(Buffer.from(sameBytes, "base64url")).toEqual(Buffer.from(signature, "base64url"));
    expect(await statusOf(`${head}.${body}.${sameBytes}`)).toBe(401);
  });
});

describe("the keys of an issuer", () => {
  test("a new key is good at once, with requests under way, and a removed one is not after the next fetch", async () => {
    issuer.publish([key(first).publicJwk]);
    const old = await issuer.sign();
    expect(await statusOf(old)).toBe(200);
    issuer.publish([key(second).publicJwk]);
    const fresh = await Promise.all(Array.from({ length: 20 }, () => issuer.sign({ key: key(second) })));
    const before = issuer.fetches();
    expect(await Promise.all(fresh.map(statusOf))).toEqual(fresh.map(() => 200));
    expect(issuer.fetches() - before).toBeLessThan(5);
    expect(await statusOf(old)).toBe(401);
    issuer.publish([key(first).publicJwk]);
  });

  test("those that are no public keys, or too weak, are left aside and do no harm", async () => {
    const weak = { kty: "RSA", n: "AQAB", e: "AQAB", kid: "weak" };
    const secret = { kty: "oct", k: encode("secret"), kid: "secret" };
    issuer.publish([weak, secret, { kty: "EC", kid: "none" }, key(first).publicJwk]);
    expect(await statusOf(await issuer.sign())).toBe(200);
    const [, body = ""] = (await issuer.sign()).split(".");
    const tokenOf = (alg: string, kid: string) =>
      `${encode({ alg, kid, typ: "at+jwt" })}.${body}.${encode("x")}`;
    for (const token of [tokenOf("RS256", "weak"), tokenOf("HS256", "secret"), tokenOf("ES256", "none")])
      expect(await statusOf(token)).toBe(401);
  });

  test("an issuer that is away changes nothing until the keys' age is over; then it is 503, and well again later", async () => {
    issuer.publish([key(first).publicJwk]);
    let late = 0;
    const who = believe({ keysAgeMaxMs: 60_000 }, () => Date.now() + late);
    const [token, other] = [
      await issuer.sign({ claims: { exp: now() + hour } }),
      await issuer.sign({ key: key(second) }),
    ];
    expect(await who(token)).toBe("ann");
    issuer.answerWith(() => ({ status: 500, body: "" }));
    expect(await who(token)).toBe("ann");
    // It may be signed with a new key: nobody can tell.
    expect(await who(other)).toBe("UNAVAILABLE");
    late = 90_000;
    expect(await who(token)).toBe("UNAVAILABLE");
    issuer.answerWith(null);
    expect(await who(token)).toBe("ann");
    expect(await who(other)).toBe(null);
  });

  test("no more requests wait for them than may", async () => {
    const who = believe({ keysWaitingLimit: 2, keysCooldownMs: 300 });
    const known = await issuer.sign();
    expect(await who(known)).toBe("ann");
    const other = await issuer.sign({ key: await makeKey("unknown") });
    const answers = await Promise.all(Array.from({ length: 5 }, () => who(other)));
    expect(answers.filter((answer) => answer === "UNAVAILABLE")).toHaveLength(3);
    expect(await who(known)).toBe("ann");
  });

  const json = (value: unknown) => ({ status: 200, body: JSON.stringify(value) });
  const at = (jwks_uri: string, keys: readonly unknown[] = []) =>
    json({ issuer: issuer.url, jwks_uri, keys });
  test.each<[string, Parameters<Issuer["answerWith"]>[0]]>([
    ["redirects", () => ({ status: 302, body: "", headers: { location: `${issuer.url}/keys` } })],
    [
      "says that it is somebody else",
      () => json({ issuer: "https://evil.example", jwks_uri: `${issuer.url}/keys` }),
    ],
    ["sends its reader to cloud metadata", () => at("https://169.254.169.254/keys")],
    ["sends its reader to plain http", () => at("http://example.com/keys")],
    ["sends its reader to a file", () => at("file:///etc/passwd")],
    ["answers without end", () => ({ status: 200, body: " ".repeat(300_000) })],
    [
      "has more keys than are believed",
      () => at(`${issuer.url}/keys`, Array(101).fill(key(first).publicJwk)),
    ],
    ["answers with no JSON", () => ({ status: 200, body: "<html>" })],
  ])("one that %s has none, and its tokens are 503", async (_, answer) => {
    issuer.answerWith(answer);
    expect(await believe()(await issuer.sign())).toBe("UNAVAILABLE");
    issuer.answerWith(null);
  });

  test("the platform's own tokens go on, and where no issuer is believed nothing else counts", async () => {
    const { identities } = service.ports;
    const plain = openSignIn({
      ...service.ports,
      settings: { identity: {}, release: "0" },
      log: { warn: () => {} },
    });
    expect(plain.identities).toBe(identities);
    const { token } = await service.ports.tokens.create(
      { user: "carl", title: "t", role: "viewer", team: "red" },
      administratorIdentity,
    );
    expect((await ask(token)).json()).toMatchObject({ name: "carl" });
  });
});
