import { expect, test } from "vitest";
import { verifyOutbox } from "./r4-outbox.ts";

const brief = { seed: 4, full: false, fault: false, database: "pglite" } as const;

test("R4: nothing that was announced is lost over crashes, and the harness sees when it is", async () => {
  expect(await verifyOutbox(brief)).toMatchObject({ pass: true, figure: 0, problems: [] });
  expect(await verifyOutbox({ ...brief, fault: true })).toMatchObject({ pass: false });
});
