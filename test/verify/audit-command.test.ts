import { sql } from "kysely";
import { expect, test } from "vitest";
import { judgeAudit } from "../../cli/commands/audit.ts";
import { anchorAudit } from "../../runtime/src/events/anchoring.ts";
import { openService, token } from "../../runtime/testing/service.ts";

test("the command reads the log of a running service, finds it whole, and names what somebody changed in the database", async () => {
  const service = await openService();
  try {
    const url = await service.app.listen({ host: "127.0.0.1", port: 0 });
    const { audit, registry } = service.ports;
    expect(await judgeAudit(url, token)).toMatchObject({ entries: 0, anchored: null, problem: null });
    for (const name of ["a", "b", "c"]) {
      await registry.models.create({ name, description: "ä\n", tags: [], actor: "ann" });
    }
    await anchorAudit(audit.log, audit.anchors, 1);
    expect(await judgeAudit(url, token)).toMatchObject({ entries: 3, anchored: 3, problem: null });
    await sql`set session_replication_role = replica`.execute(service.db);
    await service.db.updateTable("audit_log").set({ hash: "gone" }).where("sequence", "=", 2).execute();
    expect((await judgeAudit(url, token)).problem).toMatchObject({ sequence: 2 });
    await service.db.deleteFrom("audit_log").where("sequence", ">", 1).execute();
    const head = { sequence: 1, hash: (await audit.log.hashAt(1)) ?? "" };
    await service.db.updateTable("audit_head").set(head).execute();
    expect((await judgeAudit(url, token)).problem).toMatchObject({
      sequence: 2,
      reason: expect.stringMatching(/once had 3/),
    });
    await expect(judgeAudit(url, "wrong")).rejects.toThrow(/answered 401/);
  } finally {
    await service.close();
  }
});
