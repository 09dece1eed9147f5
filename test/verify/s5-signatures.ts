import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { keyIdOf, signManifest, verifyBundle } from "../../runtime/src/domain/model-signature.ts";
import { changedContent, manifestOf } from "../../runtime/src/store/version-files.ts";
import { type Harness, shownProblems } from "./harness.ts";

const mutations = [
  "flip-stored-byte",
  "flip-registered-byte",
  "cut-file",
  "rename-file",
  "add-file",
  "remove-file",
  "swap-files",
  "other-key",
  "other-payload-type",
  "edit-statement",
  "flip-bundle-character",
] as const;
type Mutation = (typeof mutations)[number];

/** A model as the registry has it: bytes under their paths, and the digests that the index names. */
interface Model {
  readonly content: Map<string, Buffer>;
  readonly index: Map<string, string>;
  bundle: string;
}

interface Case {
  readonly files: readonly (readonly [string, Uint8Array])[];
  readonly at: number;
}

const path = fc.stringMatching(/^[a-z]{1,6}(\/[a-z]{1,6}){0,2}\.[a-z]{1,4}$/);
const cases: fc.Arbitrary<Case> = fc.record({
  files: fc.uniqueArray(fc.tuple(path, fc.uint8Array({ minLength: 1, maxLength: 64 })), {
    minLength: 2,
    maxLength: 6,
    selector: ([name]) => name,
  }),
  at: fc.nat(),
});

const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const keys = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

/**
 * S5: random trees of files are signed and changed in one thing each; a changed one that is accepted, or an untouched
 * one that is refused, breaks it. The fault leaves out that stored bytes are hashed again.
 */
export const verifySignatures: Harness = async ({ seed, full, fault }) => {
  const { privateKey, publicKey } = keys();
  const foreign = keys().privateKey;
  const trusted = new Map([[keyIdOf(publicKey), publicKey]]);
  const problems: string[] = [];
  const runs = full ? 10_000 : 550;
  let wrong = 0;
  const holds = async (model: Model): Promise<boolean> => {
    const files = [...model.index].map(([name, digest]) => ({ path: name, digest, size: 0 }));
    if (verifyBundle(model.bundle, manifestOf(files), trusted).problems.length > 0) return false;
    if (fault) return true;
    const read = async (file: { readonly path: string }) =>
      Readable.from([model.content.get(file.path) ?? Buffer.alloc(0)]);
    return (await changedContent(files, read)).length === 0;
  };
  for (const [number, one] of fc.sample(cases, { seed, numRuns: runs }).entries()) {
    const mutation = mutations[number % mutations.length] ?? "add-file";
    const untouched = makeModel(one, privateKey);
    const changed = makeModel(one, privateKey);
    mutate(changed, mutation, one, foreign);
    const verdicts = [await holds(untouched), await holds(changed)];
    if (verdicts[0] === true && verdicts[1] === false) continue;
    wrong++;
    const what = verdicts[0] ? `${mutation} was accepted` : "an untouched model was refused";
    if (problems.length < shownProblems) problems.push(`case ${number}: ${what}`);
  }
  const speed = full ? await compareWithHashing() : {};
  return {
    pass: wrong === 0,
    figure: wrong,
    unit: "wrong verdicts",
    goal: "0",
    details: { cases: runs, mutations: mutations.length, ...speed },
    problems,
  };
};

function makeModel({ files }: Case, key: KeyObject): Model {
  const content = new Map(files.map(([name, bytes]) => [name, Buffer.from(bytes)]));
  // Equal files would make a swap of two of them no change.
  for (const [name, bytes] of content) content.set(name, Buffer.concat([bytes, Buffer.from(name)]));
  const index = new Map([...content].map(([name, bytes]) => [name, digestOf(bytes)]));
  return { content, index, bundle: signManifest("model", index, key) };
}

function mutate(model: Model, mutation: Mutation, { at }: Case, foreign: KeyObject): void {
  const { content, index } = model;
  const names = [...content.keys()];
  const name = names[at % names.length] ?? "";
  const other = names[(at + 1) % names.length] ?? "";
  const bytes = content.get(name) ?? Buffer.alloc(0);
  const put = (to: string, what: Buffer) => {
    content.set(to, what);
    index.set(to, digestOf(what));
  };
  const remove = () => {
    content.delete(name);
    index.delete(name);
  };
  const second = content.get(other) ?? bytes;
  const inFiles: Partial<Record<Mutation, () => void>> = {
    "flip-stored-byte": () => content.set(name, flip(bytes, at)),
    "flip-registered-byte": () => put(name, flip(bytes, at)),
    "cut-file": () => put(name, bytes.subarray(1)),
    "rename-file": () => {
      remove();
      put(`${name}x`, bytes);
    },
    "add-file": () => put(`${name}.more`, bytes),
    "remove-file": remove,
    "swap-files": () => {
      put(other, bytes);
      put(name, second);
    },
    "other-key": () => {
      model.bundle = signManifest("model", index, foreign);
    },
  };
  const change = inFiles[mutation];
  if (change === undefined) model.bundle = mutateBundle(model.bundle, mutation, at);
  else change();
}

function mutateBundle(bundle: string, mutation: Mutation, at: number): string {
  if (mutation === "other-payload-type") {
    return bundle.replace("application/vnd.in-toto+json", "application/vnd.in-toto+jsom");
  }
  const parsed = JSON.parse(bundle) as { dsseEnvelope: { payload: string; signatures: { sig: string }[] } };
  if (mutation === "edit-statement") {
    const statement = Buffer.from(parsed.dsseEnvelope.payload, "base64").toString("utf8");
    const edited = statement.replace(
      /"digest":"([0-9a-f])/,
      (_, digit: string) => `"digest":"${((Number.parseInt(digit, 16) + 1 + (at % 14)) % 16).toString(16)}`,
    );
    parsed.dsseEnvelope.payload = Buffer.from(edited).toString("base64");
    return JSON.stringify(parsed);
  }
  const keyId = bundle.lastIndexOf('"keyid"');
  const place = at % keyId;
  const character = bundle[place] === "A" ? "B" : "A";
  return bundle.slice(0, place) + character + bundle.slice(place + 1);
}

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const place = at % copy.length;
  copy.writeUInt8(copy.readUInt8(place) ^ (1 << (at % 8)), place);
  return copy;
}

const gibibyte = 1024 ** 3;
const rounds = 3;

/** Checking 1 GiB against hashing it: the best of some rounds each, taken in turns. */
async function compareWithHashing(): Promise<Readonly<Record<string, number>>> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-s5-"));
  const file = join(folder, "file");
  const handle = await open(file, "wx");
  await handle.truncate(gibibyte);
  await handle.close();
  const plain = async () => {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
    return hash.digest("hex");
  };
  const seconds = async (work: () => Promise<unknown>) => {
    const before = performance.now();
    await work();
    return (performance.now() - before) / 1_000;
  };
  try {
    const digest = await plain();
    const check = () =>
      changedContent([{ path: "file", digest, size: gibibyte }], async () => createReadStream(file));
    let [hashing, checking] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < rounds; round++) {
      hashing = Math.min(hashing, await seconds(plain));
      checking = Math.min(checking, await seconds(check));
    }
    const round2 = (value: number) => Math.round(value * 100) / 100;
    return { gibibyteSeconds: round2(checking), timesPlainSha256: round2(checking / hashing) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
