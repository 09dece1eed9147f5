import { createPublicKey, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { keyIdOf, signManifest, verifyBundle } from "./model-signature.ts";

const keyPair = (namedCurve: string) => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
  return { privateKey, trusted: new Map([[keyIdOf(publicKey), publicKey]]) };
};
const own = keyPair("P-256");
const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const manifest = fc
  .dictionary(fc.stringMatching(/^[a-z._ü]{1,8}(\/[a-z. ]{1,8}){0,2}$/), digest, { minKeys: 1, maxKeys: 8 })
  .map((files) => new Map(Object.entries(files)));

test("what was signed holds, on every curve that the standard has", () => {
  for (const curve of ["P-256", "P-384", "P-521"]) {
    const { privateKey, trusted } = keyPair(curve);
    fc.assert(
      fc.property(manifest, (files) => {
        const verdict = verifyBundle(signManifest("m", files, privateKey), files, trusted);
        expect(verdict).toEqual({
          keyId: keyIdOf(createPublicKey(privateKey)),
          problems: [],
          added: [],
          removed: [],
          changed: [],
        });
      }),
      { numRuns: 20 },
    );
  }
});

test("a change of one character anywhere in a bundle is refused", () => {
  const files = new Map([["model.onnx", "a".repeat(64)]]);
  const bundle = signManifest("m", files, own.privateKey);
  fc.assert(
    fc.property(fc.nat(bundle.length - 1), fc.integer({ min: 33, max: 126 }), (at, code) => {
      const changed = bundle.slice(0, at) + String.fromCharCode(code) + bundle.slice(at + 1);
      fc.pre(changed !== bundle && !inKeyId(bundle, at));
      expect(verifyBundle(changed, files, own.trusted).problems).not.toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

/** The envelope's `keyid` is a hint of the format that nothing is made of. */
const inKeyId = (bundle: string, at: number) => at >= bundle.lastIndexOf('"keyid"');

test("files that came, went or changed are named", () => {
  fc.assert(
    fc.property(manifest, digest, (files, other) => {
      const bundle = signManifest("m", files, own.privateKey);
      const [[path = "", was] = ["", ""]] = files;
      fc.pre(other !== was);
      expect(verifyBundle(bundle, new Map([...files, ["new file", other]]), own.trusted)).toMatchObject({
        added: ["new file"],
        removed: [],
        changed: [],
        problems: [expect.any(String)],
      });
      const fewer = new Map([...files].slice(1));
      expect(verifyBundle(bundle, fewer, own.trusted)).toMatchObject({ removed: [path], changed: [] });
      const changed = new Map([...files, [path, other] as const]);
      expect(verifyBundle(bundle, changed, own.trusted)).toMatchObject({ removed: [], changed: [path] });
    }),
  );
});

test("a signature by another key is refused, also when it names a trusted one", () => {
  const files = new Map([["model.onnx", "a".repeat(64)]]);
  const foreign = keyPair("P-256");
  const bundle = signManifest("m", files, foreign.privateKey);
  expect(verifyBundle(bundle, files, own.trusted)).toMatchObject({ keyId: null });
  const [trustedId = ""] = own.trusted.keys();
  const [foreignId = ""] = foreign.trusted.keys();
  const lying = bundle.replace(foreignId, trustedId);
  expect(verifyBundle(lying, files, own.trusted)).toMatchObject({
    keyId: null,
    problems: [expect.any(String)],
  });
  const nameless = bundle.replace(`"hint":"${foreignId}"`, '"hint":null');
  expect(verifyBundle(nameless, files, own.trusted).problems).toHaveLength(1);
  expect(verifyBundle(nameless, files, foreign.trusted).problems).toEqual([]);
});

test("whatever is sent in place of a bundle is refused in sentences", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const { keyId, problems } = verifyBundle(text, new Map(), own.trusted);
      expect(keyId).toBeNull();
      expect(problems.length).toBeGreaterThan(0);
    }),
  );
});
