import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Settings, settings as schema } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { buildApp } from "../src/app.ts";
import { openPredictions } from "../src/events/predictions.ts";
import { openWebhooks } from "../src/events/webhooks.ts";
import { countCollected, createMetrics } from "../src/ops/metrics.ts";
import type { Ports } from "../src/ports.ts";
import { openCards, openEvidence, openProvenance } from "../src/provenance.ts";
import { createAccessStores } from "../src/store/access-stores.ts";
import { createArtifactStores, withUploadTickets } from "../src/store/artifact-stores.ts";
import { openAuditAnchorFolder } from "../src/store/audit-anchor-folder.ts";
import { createAuditLog } from "../src/store/audit-log.ts";
import type { Database } from "../src/store/database.ts";
import { createIdempotencyStore } from "../src/store/idempotency-store.ts";
import { openObjectFolder } from "../src/store/object-folder.ts";
import { createRegistryStore } from "../src/store/registry-store.ts";
import { createRolloutStores } from "../src/store/rollout-stores.ts";
import { createTrackingStore } from "../src/store/tracking-store.ts";
import { openTestDatabase } from "./memory-database.ts";

/** The administrator's token of every service under test. */
export const token = "test-administrator-token";

type Opened = Pick<Awaited<ReturnType<typeof openTestDatabase>>, "db" | "close">;

export interface ServiceUnderTest {
  readonly app: FastifyInstance;
  readonly ports: Ports;
  readonly db: Database;
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/** The real application over a database in memory, or one that is given, and a folder of its own; `replace` swaps single ports. */
export async function openService(
  replace: (made: Ports, db: Database) => Partial<Ports> | Promise<Partial<Ports>> = () => ({}),
  clock: () => number = Date.now,
  openDatabase: () => Promise<Opened> = openTestDatabase,
): Promise<ServiceUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-service-"));
  const { db, close } = await openDatabase();
  const objects = await openObjectFolder(join(folder, "objects"));
  const settings = testSettings(folder);
  const metrics = createMetrics();
  const stored = createArtifactStores({ db, objects, settings, clock, count: countCollected(metrics) });
  const { identities, ...access } = createAccessStores(db, clock, settings, token);
  const log = { warn: () => {} };
  const provenance = await openProvenance({ settings, db, artifacts: stored.artifacts, clock, log });
  const records = openRecords({ settings, db, artifacts: stored.artifacts, clock }, provenance);
  const absent = () => Promise.reject(new Error("not part of this test"));
  const made: Ports = {
    settings,
    clock,
    metrics,
    identities: withUploadTickets(identities, stored.uploads),
    idempotency: createIdempotencyStore(db, clock, settings.idempotency),
    ...access,
    ...stored,
    ...records,
    ...provenance,
    audit: {
      log: createAuditLog(db),
      anchors: await openAuditAnchorFolder(join(folder, "objects"), settings.governance.anchorLimit),
    },
    models: {
      status: () => ({ state: "none" }),
      countReady: () => 0,
      check: absent,
      reconcile: async () => {},
      served: () => {
        throw new Error("not part of this test");
      },
      infer: absent,
      admit: () => {
        throw new Error("not part of this test");
      },
      list: () => [],
      statistics: () => [],
      load: absent,
      unload: absent,
      isLoaded: () => false,
      tally: { take: () => [], giveBack: () => {} },
      refused: () => [],
      close: async () => {},
    },
    predictions: openPredictions({ db, artifacts: stored.artifacts, settings, clock, metrics, log }),
    training: {
      start: async () => {},
      countByState: async () => new Map(),
      submit: absent,
      get: absent,
      list: absent,
      cancel: absent,
      log: absent,
      countActive: async () => 0,
      close: async () => {},
    },
    webhooks: await openWebhooks({ db, settings, clock, metrics }),
    obstacles: async () => [],
    measure: async () => {},
  };
  const ports = { ...made, ...(await replace(made, db)) };
  const app = await buildApp(ports);
  return {
    app,
    ports,
    db,
    folder,
    close: async () => {
      await app.close();
      await ports.training.close();
      await ports.predictions.close();
      await ports.models.close();
      await close();
      await rm(folder, { recursive: true });
    },
  };
}

type RecordParts = Pick<Ports, "settings" | "artifacts" | "clock"> & { readonly db: Database };

/** Runs, models and cards, put together as the service does it. */
function openRecords(parts: RecordParts, provenance: Pick<Ports, "signatures" | "lineage">) {
  const { settings, db, artifacts, clock } = parts;
  const tracking = createTrackingStore(db);
  const governance = {
    servingAlias: settings.serving.alias,
    minimum: settings.governance,
    evidence: openEvidence(provenance.signatures, () => cards),
  };
  const { settle } = artifacts;
  const registry = createRegistryStore(db, clock, governance, {
    settle,
    sign: provenance.signatures.signNew,
  });
  const cards = openCards({ ...parts, tracking, registry, ...provenance });
  return { tracking, registry, cards, ...createRolloutStores(db, settings, { clock, governance }) };
}

function testSettings(folder: string): Settings {
  return schema.parse({
    stack: "test",
    owner: "tester",
    environment: "test",
    release: "0.0.0",
    listen: { port: 0 },
    adminTokenFile: join(folder, "admin-token"),
    connections: {
      objectStore: { kind: "file", path: join(folder, "objects") },
      sql: { kind: "pglite", path: join(folder, "sql") },
      keyValue: { kind: "sql" },
      eventBus: { kind: "outbox" },
      training: { kind: "process", path: join(folder, "training"), programRoot: folder },
    },
  });
}
