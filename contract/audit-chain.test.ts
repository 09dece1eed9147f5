import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type AuditEntry, auditHash, canonicalJson, emptyAuditHead, verifyAudit } from "./audit-chain.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const previous = entries.at(-1)?.hash ?? emptyAuditHead.hash;
    const content = {
      sequence,
      time: sequence,
      actor: "a",
      type: "t",
      subject: "s",
      data: { n: sequence },
      previous,
    };
    entries.push({ ...content, hash: auditHash(content, sha256) });
  }
  return entries;
}

function headOf(entries: readonly AuditEntry[]) {
  const last = entries.at(-1);
  return last === undefined ? emptyAuditHead : { sequence: last.sequence, hash: last.hash };
}

/** Verifies entries against the ends of the log that was written. */
function verify(entries: readonly AuditEntry[], written: readonly AuditEntry[], anchored = written.length) {
  const head = headOf(written);
  const anchors = anchored === 0 ? [] : [{ ...headOf(written.slice(0, anchored)), time: 0 }];
  return verifyAudit({ entries, ends: { head, anchors }, headAfter: async () => head }, sha256);
}

test("canonical JSON is that of RFC 8785: members by UTF-16 code units, numbers as JavaScript writes them", () => {
  const members = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
  expect(canonicalJson(members)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
  expect(canonicalJson({ b: [1e30, 4.5, 2e-3, 1e-27], a: [null, true, undefined], c: undefined })).toBe(
    '{"a":[null,true,null],"b":[1e+30,4.5,0.002,1e-27]}',
  );
});

test("canonical JSON says the same whatever the order of members, and reads back as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
  );
});

test("a whole log is whole, and may grow while it is read", async () => {
  const written = chain(5);
  expect(await verify(written, written)).toEqual({
    entries: 5,
    head: headOf(written),
    anchored: 5,
    problem: null,
  });
  const grown = chain(7);
  const source = {
    entries: grown,
    ends: { head: headOf(written), anchors: [] },
    headAfter: async () => headOf(grown),
  };
  expect(await verifyAudit(source, sha256)).toMatchObject({ entries: 7, anchored: null, problem: null });
  expect(await verify([], [], 0)).toMatchObject({ entries: 0, problem: null });
});

test("any single edit is found, and the entry that is named is the first bad one", async () => {
  const written = chain(12);
  const index = fc.nat({ max: 11 });
  await fc.assert(
    fc.asyncProperty(index, fc.constantFrom("change", "delete", "repeat", "truncate"), async (at, kind) => {
      const edited = written.map((entry) => ({ ...entry }));
      const entry = edited[at];
      if (entry === undefined) return;
      if (kind === "change") entry.data = { n: -1 };
      if (kind === "delete") edited.splice(at, 1);
      if (kind === "repeat") edited.splice(at, 0, { ...entry });
      if (kind === "truncate") edited.length = at;
      const first = kind === "repeat" ? (edited[at + 1]?.sequence ?? 0) : at + 1;
      expect((await verify(edited, written)).problem?.sequence).toBe(first);
    }),
  );
});

test("a log that was written anew from some entry on, hashes and all, contradicts its anchor", async () => {
  const written = chain(8);
  const forged = chain(3);
  for (const entry of written.slice(3)) {
    const content = { ...entry, actor: "nobody", previous: headOf(forged).hash };
    forged.push({ ...content, hash: auditHash(content, sha256) });
  }
  const ends = { head: headOf(forged), anchors: [{ ...headOf(written.slice(0, 6)), time: 0 }] };
  const verdict = await verifyAudit({ entries: forged, ends, headAfter: async () => headOf(forged) }, sha256);
  expect(verdict.problem).toMatchObject({ sequence: 6, reason: expect.stringContaining("anchor") });
});

test("an entry past the end of the log is not one of ours", async () => {
  const grown = chain(6);
  const written = grown.slice(0, 5);
  expect((await verify(grown, written)).problem).toMatchObject({ sequence: 6 });
});
