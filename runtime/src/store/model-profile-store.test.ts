import { expect, test } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import type { ModelProfile } from "../domain/model-profile.ts";
import { createModelProfileStore } from "./model-profile-store.ts";

const profile: ModelProfile = {
  inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
  outputs: [],
  batch: { minRows: 2, maxRows: 8 },
  batchMs: 0.5,
  memoryBytes: 1,
  bounded: true,
};

test("what was measured is kept for the same file on the same machine, and anew when it is measured again", async () => {
  const { db, close } = await openTestDatabase();
  try {
    const store = createModelProfileStore(db, Date.now, "here");
    expect(await store.get("a")).toBeNull();
    await store.put("a", profile);
    await store.put("a", { ...profile, batch: null });
    expect(await store.get("a")).toEqual({ ...profile, batch: null });
    expect(await createModelProfileStore(db, Date.now, "elsewhere").get("a")).toBeNull();
    await db.updateTable("model_profiles").set({ profile: '{"of":"another release"}' }).execute();
    expect(await store.get("a")).toBeNull();
  } finally {
    await close();
  }
});
