import { expect, test } from "vitest";
import { openAuditAnchors } from "../../runtime/src/store/audit-anchors.ts";
import { bucketKinds, bucketLimits, startBuckets } from "./buckets.ts";

for (const { kind, title, lacking } of bucketKinds) {
  test.skipIf(lacking)(
    `anchors are kept once, read back in order, and the oldest go first: ${title}`,
    async () => {
      const server = await startBuckets(kind);
      const anchors = await openAuditAnchors(await server.make("anchors", "a/b"), 3, bucketLimits);
      try {
        expect(await anchors.list()).toEqual([]);
        const anchor = (sequence: number, time = 5) => ({ sequence, hash: "ab".repeat(32), time });
        for (const sequence of [2, 9, 10, 110]) {
          await anchors.keep(anchor(sequence));
          await anchors.keep(anchor(sequence, 6));
        }
        expect(await anchors.list()).toEqual([9, 10, 110].map((sequence) => anchor(sequence)));
      } finally {
        anchors.close();
        await server.stop();
      }
    },
  );
}
