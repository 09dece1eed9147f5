import type { Readable } from "node:stream";
import type { SignatureReport, SigningKeyInfo } from "@bedplate/contract";
import type { Selectable } from "kysely";
import { pemOf, signManifest, verifyBundle } from "../domain/model-signature.ts";
import { Problem } from "../domain/problem.ts";
import { lockModel, requireVersion } from "./alias-store.ts";
import type { Database } from "./database.ts";
import type { LineageTables } from "./lineage-tables.ts";
import { announce } from "./outbox.ts";
import { invalid, judge, merge, tooMany, whyNotSigned } from "./signature-verdict.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { changedContent, manifestOf, type VersionFile, versionFiles } from "./version-files.ts";
import { pinFiles } from "./version-pin.ts";

type Row = Selectable<LineageTables["model_signatures"]>;

/** A version and the folder of its files. */
interface Address {
  readonly model: string;
  readonly version: number;
  readonly artifactPath: string;
}

interface SignatureParts {
  readonly db: Database;
  /** Opens the bytes of a file. */
  readonly open: (file: VersionFile) => Promise<Readable>;
  readonly clock: () => number;
  readonly keys: SigningKeys;
  /** Whether a version without a valid signature is refused. */
  readonly required: boolean;
}

/** Signatures of model versions: made here, taken from outside, and held against the files that there are now. */
export function createSignatureStore(parts: SignatureParts) {
  const { db, keys, clock } = parts;

  const reportOf = async (model: string, version: number, checked: SignatureReport["checked"]) =>
    report(parts, { model, version, artifactPath: await folderOf(db, model, version) }, checked);

  return {
    report: reportOf,

    /** Lets a version pass when signatures are not required or one is valid, all bytes hashed again. */
    check: (address: Address): Promise<void> => check(parts, address),

    /** Signs a version that is being registered, over the files that it has by now, in the caller's transaction. */
    async signNew(trx: Database, address: Address, actor: string): Promise<void> {
      const files = keys.own === null ? null : await versionFiles(trx, address.artifactPath);
      if (files !== null && files.length > 0)
        await signFiles(trx, keys, address, { files, actor, now: clock() });
    },

    /** Signs the files that a version has now; its earlier signature by the platform is replaced. */
    async sign(model: string, version: number, actor: string): Promise<SignatureReport> {
      await signAgain(parts, model, version, actor);
      return await reportOf(model, version, "digests");
    },

    /** Takes a bundle that a trusted key made over the version's files. Throws SIGNATURE_INVALID with every reason. */
    async upload(model: string, version: number, bundle: string, actor: string): Promise<SignatureReport> {
      await takeBundle(parts, { model, version, bundle, actor });
      return await reportOf(model, version, "digests");
    },

    /** The bundle to be verified elsewhere: of the named key, else the newest. Throws SIGNATURE_MISSING. */
    async bundle(model: string, version: number, keyId?: string): Promise<string> {
      await folderOf(db, model, version);
      const rows = await rowsOf(db, model, version);
      const row = keyId === undefined ? rows[0] : rows.find((one) => one.key_id === keyId);
      if (row === undefined) {
        const by = keyId === undefined ? "" : ` by the key ${keyId.slice(0, 64)}`;
        throw new Problem("SIGNATURE_MISSING", `Version ${version} of "${model}" has no signature${by}.`);
      }
      return row.bundle;
    },

    /** The public half of the platform's key. Throws NOT_FOUND where it has none. */
    publicKey(): SigningKeyInfo {
      if (keys.own === null) throw new Problem("NOT_FOUND", "The platform has no signing key.");
      return { keyId: keys.own.id, publicKey: pemOf(keys.own.publicKey) };
    },
  };
}

export type SignatureStore = ReturnType<typeof createSignatureStore>;

async function report(
  { db, keys, open, required }: SignatureParts,
  { model, version, artifactPath }: Address,
  checked: SignatureReport["checked"],
): Promise<SignatureReport> {
  const rows = await rowsOf(db, model, version);
  const files = await versionFiles(db, artifactPath);
  const corrupt = checked === "content" && files !== null ? await changedContent(files, open) : [];
  const trusted = await keys.trusted();
  const signatures = rows.map((row) => judge(row, files, corrupt, trusted));
  const valid = signatures.some((one) => one.valid);
  const state = valid ? "valid" : signatures.length === 0 ? "missing" : "invalid";
  return { model, version, state, required, checked, signatures };
}

async function check(parts: SignatureParts, address: Address): Promise<void> {
  if (!parts.required) return;
  const { model, version } = address;
  const digests = await report(parts, address, "digests");
  if (digests.state === "missing") {
    throw new Problem(
      "SIGNATURE_MISSING",
      `Version ${version} of "${model}" has no signature, and signing.required is set. Upload a bundle of a ` +
        `trusted key, or sign it as it is: POST …/models/${model}/versions/${version}/sign.`,
    );
  }
  const { state, signatures } = digests.state === "valid" ? await report(parts, address, "content") : digests;
  if (state !== "valid") throw invalid(model, version, merge(signatures));
}

async function signAgain(
  { db, keys, clock }: SignatureParts,
  model: string,
  version: number,
  actor: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const locked = await lockModel(trx, model);
    const artifactPath = await pinFiles(trx, locked, await requireVersion(trx, model, version));
    const files = await versionFiles(trx, artifactPath);
    const refusal = whyNotSigned(keys, files);
    if (refusal !== null || files === null) throw new Problem("CONFLICT", refusal ?? "");
    await signFiles(trx, keys, { model, version, artifactPath }, { files, actor, now: clock() });
    await announceSigned(trx, { model, version, actor, now: clock(), keyId: keys.own?.id ?? "" });
  });
}

interface NewBundle {
  readonly model: string;
  readonly version: number;
  readonly bundle: string;
  readonly actor: string;
}

async function takeBundle(
  { db, keys, clock }: SignatureParts,
  { model, version, bundle, actor }: NewBundle,
): Promise<void> {
  const trusted = await keys.trusted();
  await db.transaction().execute(async (trx) => {
    const locked = await lockModel(trx, model);
    const files = await versionFiles(
      trx,
      await pinFiles(trx, locked, await requireVersion(trx, model, version)),
    );
    if (files === null) throw new Problem("CONFLICT", tooMany);
    const { keyId, problems, ...lists } = verifyBundle(bundle, manifestOf(files), trusted);
    if (keyId === null || problems.length > 0) throw invalid(model, version, { problems, ...lists });
    const now = clock();
    const row = { name: model, version, key_id: keyId, origin: "uploaded", bundle } as const;
    await put(trx, { ...row, created_by: actor, created_at: now });
    await announceSigned(trx, { model, version, actor, now, keyId });
  });
}

interface SignedFiles {
  readonly files: readonly VersionFile[];
  readonly actor: string;
  readonly now: number;
}

async function signFiles(
  trx: Database,
  keys: SigningKeys,
  { model, version }: Address,
  { files, actor, now }: SignedFiles,
): Promise<void> {
  if (keys.own === null) return;
  const bundle = signManifest(model, manifestOf(files), keys.own.privateKey);
  const row = { name: model, version, key_id: keys.own.id, origin: "platform", bundle } as const;
  await put(trx, { ...row, created_by: actor, created_at: now });
}

async function put(trx: Database, row: Row): Promise<void> {
  await trx
    .insertInto("model_signatures")
    .values(row)
    .onConflict((conflict) => conflict.columns(["name", "version", "key_id"]).doUpdateSet(row))
    .execute();
}

interface Signed {
  readonly model: string;
  readonly version: number;
  readonly keyId: string;
  readonly actor: string;
  readonly now: number;
}

async function announceSigned(trx: Database, { model, version, keyId, actor, now }: Signed): Promise<void> {
  const data = { model, version, keyId };
  await announce(trx, { type: "dev.bedplate.model-version.signed", subject: model, actor, time: now, data });
}

async function rowsOf(db: Database, model: string, version: number): Promise<readonly Row[]> {
  return await db
    .selectFrom("model_signatures")
    .selectAll()
    .where("name", "=", model)
    .where("version", "=", version)
    .orderBy("created_at", "desc")
    .orderBy("key_id")
    .execute();
}

const folderOf = async (db: Database, model: string, version: number): Promise<string> =>
  (await requireVersion(db, model, version)).artifact_path;
