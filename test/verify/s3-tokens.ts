import { Problem } from "../../runtime/src/domain/problem.ts";
import { openSignIn } from "../../runtime/src/identity/oidc.ts";
import type { IdentityStore } from "../../runtime/src/store/identity-store.ts";
import { believing, makeKey, openIssuer } from "../../runtime/testing/issuer.ts";
import { type Harness, shownProblems } from "./harness.ts";
import { type Choice, forgeries, type Mint, makeKeys, pick } from "./s3-forgeries.ts";
import { seededRandom } from "./seeded-random.ts";

type Verdict = "accepted" | "refused" | string;

interface Bench {
  readonly mint: Mint;
  readonly judge: (token: string) => Promise<Verdict>;
  readonly choice: Choice;
  readonly complain: (problem: string) => void;
}

/**
 * S3: tokens of a real OpenID Connect issuer on loopback, each forged in one way: one that is accepted, an untouched
 * one that is refused, and anything that is neither breaks it. Then the issuer changes its keys again and again while
 * tokens come in. The fault is an issuer that publishes the forger's keys too.
 */
export const verifyTokens: Harness = async ({ seed, full, fault }) => {
  const problems: string[] = [];
  const made = await makeKeys();
  const [first] = made.keys;
  if (first === undefined) throw new Error("no keys");
  const issuer = await openIssuer(first);
  const published = [...made.keys, ...(fault ? made.foreign.map(renamed) : [])];
  issuer.publish(published.map(({ publicJwk }) => publicJwk));
  const mint = { issuer, ...made, ...(fault ? { foreign: made.foreign.map(renamed) } : {}) };
  const signIn = openSignIn({
    settings: { identity: { oidc: believing(issuer) }, release: "0.0.0" },
    identities: nobody,
    teams: { existing: async (names) => new Set(names) },
    clock: Date.now,
    log: { warn: () => {} },
  });
  const bench: Bench = {
    mint,
    judge: (token) => signIn.identities.authenticate({ kind: "token", token }).then(wordIdentity, wordError),
    choice: choiceOf(seed),
    complain: (problem) => void problems.push(problem),
  };
  try {
    const forged = full ? 10_000 : 360;
    await judgeForgeries(bench, forged);
    const rotations = full ? 100 : 4;
    const presented = await rotate(bench, rotations);
    return {
      pass: problems.length === 0,
      figure: problems.length,
      unit: "wrong verdicts",
      goal: "0",
      details: { forged, ways: Object.keys(forgeries).length, untouched: forged, rotations, presented },
      problems: problems.slice(0, shownProblems),
    };
  } finally {
    signIn.close();
    await issuer.close();
  }
};

const renamed = (key: Mint["keys"][number]) => ({
  ...key,
  kid: `${key.kid}-2`,
  publicJwk: { ...key.publicJwk, kid: `${key.kid}-2` },
});

function choiceOf(seed: number): Choice {
  const random = seededRandom(seed);
  return { below: (limit) => Math.floor(random() * limit) };
}

const wordIdentity = (identity: object | null): Verdict => (identity === null ? "refused" : "accepted");
const wordError = (error: unknown): Verdict =>
  error instanceof Problem && error.code === "UNAUTHENTICATED" ? "refused" : String(error);

/** Tokens of the platform are no part of this. */
const nobody: Pick<IdentityStore, "authenticate"> = { authenticate: async () => null };

/** Each forgery beside an untouched token of the same moment. */
async function judgeForgeries({ mint, judge, choice, complain }: Bench, count: number): Promise<void> {
  const ways = Object.entries(forgeries);
  for (let number = 0; number < count; number++) {
    const [name, forge] = pick({ below: () => number % ways.length }, ways);
    const untouched = await judge(await mint.issuer.sign({ key: pick(choice, mint.keys) }));
    const token = await forge(mint, choice);
    const forged = await judge(token);
    if (untouched !== "accepted") complain(`case ${number}: an untouched token was ${untouched}.`);
    if (forged !== "refused") complain(`case ${number}: ${name} was ${forged}: ${token}`);
  }
}

/** Keys that come without notice: whoever shows a token of the new one, or still one of the old, gets in. */
async function rotate({ mint, judge, choice, complain }: Bench, rotations: number): Promise<number> {
  const { issuer } = mint;
  let old = mint.keys[0];
  let presented = 0;
  for (let number = 0; number < rotations; number++) {
    const next = await makeKey(`rotation-${number}`, pick(choice, ["ES256", "Ed25519"]));
    const both = [next, ...(old === undefined ? [] : [old])];
    issuer.publish(both.map(({ publicJwk }) => publicJwk));
    const tokens = await Promise.all(
      Array.from({ length: 20 }, () => issuer.sign({ key: pick(choice, both) })),
    );
    const verdicts = await Promise.all(tokens.map(judge));
    presented += verdicts.length;
    for (const verdict of verdicts)
      if (verdict !== "accepted") complain(`rotation ${number}: a good token was ${verdict}.`);
    old = next;
  }
  return presented;
}
