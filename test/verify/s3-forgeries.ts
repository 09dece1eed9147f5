import { createHmac } from "node:crypto";
import { type Issuer, type IssuerKey, makeKey } from "../../runtime/testing/issuer.ts";

/** Where the random choices of one forgery come from. */
export interface Choice {
  /** A whole number below a limit. */
  readonly below: (limit: number) => number;
}

export interface Mint {
  readonly issuer: Issuer;
  /** Keys of the issuer, one for each algorithm. */
  readonly keys: readonly IssuerKey[];
  /** For each of them one with the same name that the issuer does not have. */
  readonly foreign: readonly IssuerKey[];
}

const algorithms = ["ES256", "RS256", "PS256", "Ed25519"];

export async function makeKeys(): Promise<Pick<Mint, "keys" | "foreign">> {
  const make = () => Promise.all(algorithms.map((alg) => makeKey(alg.toLowerCase(), alg)));
  const [keys, foreign] = await Promise.all([make(), make()]);
  return { keys, foreign };
}

export const pick = <T>(choice: Choice, list: readonly T[]): T => {
  const one = list[choice.below(list.length)];
  if (one === undefined) throw new Error("nothing to choose from");
  return one;
};

type Forge = (mint: Mint, choice: Choice) => Promise<string>;

type Fields = Readonly<Record<string, unknown>>;

const encode = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const decode = (part: string) => Buffer.from(part, "base64url").toString();

async function genuine({ issuer, keys }: Mint, choice: Choice, claims: Fields = {}) {
  const key = pick(choice, keys);
  const token = await issuer.sign({ key, claims });
  const [head = "", body = "", signature = ""] = token.split(".");
  return { key, token, head, body, signature };
}

/** Fields that are put over those of the header; the signature stays. */
const withHeader =
  (...changes: readonly object[]): Forge =>
  async (mint, choice) => {
    const { head, body, signature } = await genuine(mint, choice);
    return `${encode({ ...JSON.parse(decode(head)), ...pick(choice, changes) })}.${body}.${signature}`;
  };

/** Claims that are put over the signed ones; the signature stays. */
const withClaims =
  (...changes: readonly object[]): Forge =>
  async (mint, choice) => {
    const { head, body, signature } = await genuine(mint, choice);
    return `${head}.${encode({ ...JSON.parse(decode(body)), ...pick(choice, changes) })}.${signature}`;
  };

/** Truly signed by the issuer, for what does not hold here. */
const signed =
  (...changes: readonly (() => { claims?: Fields; header?: Fields })[]): Forge =>
  async ({ issuer, keys }, choice) =>
    await issuer.sign({ key: pick(choice, keys), ...pick(choice, changes)() });

const now = () => Math.floor(Date.now() / 1_000);

function edit(text: string, choice: Choice): string {
  const at = choice.below(text.length);
  const other = pick(
    choice,
    [..."ABCXYZabcxyz0189-_.+/= \u00e9"].filter((each) => each !== text[at]),
  );
  return pick(choice, [
    text.slice(0, at) + other + text.slice(at + 1),
    text.slice(0, at) + text.slice(at + 1),
    // A blank at either end is no part of the token.
    `${text.slice(0, at)}${other === " " ? "A" : other}${text.slice(at)}`,
  ]);
}

function flipBit(part: string, choice: Choice): string {
  const bytes = Buffer.from(part, "base64url");
  const at = choice.below(bytes.length);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << choice.below(8)), at);
  return bytes.toString("base64url");
}

/** Every way in which a token is forged, by name. */
export const forgeries: Readonly<Record<string, Forge>> = {
  "a character": async (mint, choice) => edit((await genuine(mint, choice)).token, choice),
  "a bit of a part": async (mint, choice) => {
    const parts = (await genuine(mint, choice)).token.split(".");
    const at = choice.below(3);
    return parts.map((part, each) => (each === at ? flipBit(part, choice) : part)).join(".");
  },
  "parts of two tokens": async (mint, choice) => {
    const one = await genuine(mint, choice);
    const other = await genuine(mint, choice, { sub: "eve", groups: ["platform"] });
    return pick(choice, [
      `${one.head}.${other.body}.${one.signature}`,
      `${one.head}.${one.body}.${other.signature}`,
    ]);
  },
  "other claims": withClaims(
    { groups: ["platform"] },
    { sub: "eve" },
    { exp: now() + 9_999 },
    { aud: "bedplate", iss: "https://evil.example" },
  ),
  "another algorithm": withHeader(
    ...["none", "None", "HS256", "HS512", "RS1", "ES256K", "RS512", "ES384", "dir", "", "__proto__"].map(
      (alg) => ({ alg }),
    ),
    { alg: null },
    { alg: ["ES256"] },
  ),
  "another header": withHeader(
    { kid: "../../../dev/null" },
    { kid: "' or 1=1 --" },
    { kid: 1 },
    { jku: "https://evil.example/keys" },
    { x5u: "https://evil.example/x" },
    { crit: ["exp"] },
    { b64: false, crit: ["b64"] },
    { typ: "JWT" },
    { zip: "DEF" },
  ),
  "a key that is not the issuer's": async ({ issuer, foreign }, choice) => {
    const key = pick(choice, foreign);
    const header = pick(choice, [{}, { jwk: key.publicJwk }, { jku: "https://evil.example" }]);
    return await issuer.sign({ key, header, claims: { sub: "eve", groups: ["platform"] } });
  },
  "the public key as a secret": async (mint, choice) => {
    const { key, body } = await genuine(mint, choice);
    const head = encode({ alg: "HS256", kid: key.kid, typ: "at+jwt" });
    const secret = pick(choice, [
      JSON.stringify(key.publicJwk),
      key.publicJwk.x ?? key.publicJwk.n ?? "",
      "",
    ]);
    return `${head}.${body}.${createHmac("sha256", secret).update(`${head}.${body}`).digest("base64url")}`;
  },
  "no signature, or one of zeros": async (mint, choice) => {
    const { head, body } = await genuine(mint, choice);
    return `${head}.${body}.${pick(choice, ["", "AA", encode("\0".repeat(64)), encode("\0".repeat(256))])}`;
  },
  "a claim twice": async (mint, choice) => {
    const { head, body, signature } = await genuine(mint, choice);
    return `${head}.${encode(`${decode(body).slice(0, -1)},"sub":"eve"}`)}.${signature}`;
  },
  "a second spelling": async (mint, choice) => {
    const { token, head, body, signature } = await genuine(mint, choice);
    return pick(choice, [
      `${token}=`,
      `${head}=.${body}.${signature}`,
      `${token}.`,
      `.${token}`,
      `${token}\n`,
    ]);
  },
  "a token of the issuer for something else": signed(
    () => ({ claims: { exp: now() - 3_600 } }),
    () => ({ claims: { nbf: now() + 3_600 } }),
    () => ({ claims: { iat: now() + 3_600 } }),
    () => ({ claims: { iat: now() - 2 * 86_400 } }),
    () => ({ claims: { aud: "another" } }),
    () => ({ claims: { aud: [] } }),
    () => ({ claims: { iss: "https://evil.example" } }),
    () => ({ claims: { exp: undefined } }),
    () => ({ claims: { sub: undefined } }),
    () => ({ header: { typ: "JWT" } }),
    () => ({ header: { typ: undefined } }),
    () => ({ claims: { padding: "x".repeat(9_000) } }),
  ),
};
