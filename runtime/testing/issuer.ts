import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type OidcSettings, oidcSettings } from "@bedplate/contract";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

export const audience = "bedplate";

/** One of the issuer's keys, with both halves. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export async function makeKey(kid: string, alg = "ES256"): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

type Fields = Readonly<Record<string, unknown>>;

interface TokenChange {
  readonly key?: IssuerKey;
  readonly header?: Fields;
  /** One that is undefined is left out. */
  readonly claims?: Fields;
}

/** An OpenID Connect issuer on loopback: its discovery document, its keys, and tokens that it signs. */
export async function openIssuer(first: IssuerKey) {
  let keys: readonly unknown[] = [first.publicJwk];
  let answer: ((path: string) => { status: number; body: string; headers?: Record<string, string> }) | null =
    null;
  let fetches = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path === "/keys") fetches += 1;
    const { status, body, headers } = answer?.(path) ?? { status: 200, body: documentOf(path) };
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const documentOf = (path: string) =>
    JSON.stringify(path === "/keys" ? { keys } : { issuer: url, jwks_uri: `${url}/keys` });
  return {
    url,
    fetches: () => fetches,
    publish: (next: readonly unknown[]) => {
      keys = next;
    },
    /** Answers every path otherwise; null for the usual again. */
    answerWith: (other: typeof answer) => {
      answer = other;
    },
    /** An access token that holds, but for what is said. */
    async sign({ key = first, header = {}, claims = {} }: TokenChange = {}): Promise<string> {
      const now = Math.floor(Date.now() / 1_000);
      const usual = { iss: url, aud: audience, sub: "ann", iat: now, exp: now + 600, groups: ["red-dev"] };
      return await new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "at+jwt", ...header })
        .sign(key.privateKey, { crit: { exp: true } });
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type Issuer = Awaited<ReturnType<typeof openIssuer>>;

/** Settings that believe an issuer; the rest as given. */
export const believing = (issuer: Pick<Issuer, "url">, more: object = {}): OidcSettings =>
  oidcSettings.parse({
    issuers: [issuer.url],
    audience,
    allowedHosts: "127.0.0.1",
    keysCooldownMs: 10,
    grants: [
      { group: "red-dev", team: "red", role: "contributor" },
      { group: "red-lead", team: "red", role: "admin" },
      { group: "blue-dev", team: "blue", role: "viewer" },
      { group: "nowhere", team: "not-there", role: "admin" },
      { group: "platform", role: "admin" },
    ],
    ...more,
  });
