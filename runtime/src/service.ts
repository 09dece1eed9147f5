import { setTimeout as wait } from "node:timers/promises";
import { type Settings, trainingStates } from "@bedplate/contract";
import type { FastifyBaseLogger } from "fastify";
import { buildApp } from "./app.ts";
import { anchorAudit, startAnchoring } from "./events/anchoring.ts";
import { startDelivery } from "./events/delivery.ts";
import { openPredictions } from "./events/predictions.ts";
import { openSpanExport } from "./events/span-export.ts";
import { openWebhooks } from "./events/webhooks.ts";
import type { GrpcServer } from "./grpc/server.ts";
import { openSignIn } from "./identity/oidc.ts";
import { startConductor } from "./inference/conductor.ts";
import { machineName, openEngine } from "./inference/engine.ts";
import { type ModelHost, openModelHost } from "./inference/model-host.ts";
import { createTracer } from "./inference/tracer.ts";
import { readAdminToken } from "./ops/admin-token.ts";
import { countCollected, createMetrics, type Metrics } from "./ops/metrics.ts";
import { exposeStatistics } from "./ops/triton-metrics.ts";
import type { Ports } from "./ports.ts";
import { followLineage, openCards, openEvidence, openProvenance, startLineage } from "./provenance.ts";
import { createAccessStores } from "./store/access-stores.ts";
import { startCollection } from "./store/artifact-collection.ts";
import { createArtifactStores, withUploadTickets } from "./store/artifact-stores.ts";
import { openAuditAnchors } from "./store/audit-anchors.ts";
import { createAuditLog } from "./store/audit-log.ts";
import { type Database, openDatabase } from "./store/database.ts";
import { createIdempotencyStore } from "./store/idempotency-store.ts";
import { createModelProfileStore } from "./store/model-profile-store.ts";
import { openObjectStore } from "./store/object-store.ts";
import { countPending } from "./store/outbox.ts";
import { createRegistryStore } from "./store/registry-store.ts";
import { createRolloutStores, type RolloutStores } from "./store/rollout-stores.ts";
import { startTraceRetention } from "./store/trace-retention.ts";
import { createTrackingStore } from "./store/tracking-store.ts";
import { createTrainingStore } from "./store/training-store.ts";
import { openDispatcher } from "./training/dispatcher.ts";

/** A running service. */
export interface Service {
  readonly url: string;
  /** Host and port of the gRPC surface; null where it is off. */
  readonly grpcAddress: string | null;
  /** Answers what is in flight, then gives everything back in reverse order of start. */
  readonly close: () => Promise<void>;
}

/** Things to give back, the last one first. */
function createClosers() {
  const closers: (() => Promise<void> | void)[] = [];
  return {
    add: (close: () => Promise<void> | void) => void closers.push(close),
    async close(): Promise<void> {
      for (let next = closers.pop(); next !== undefined; next = closers.pop()) await next();
    },
  };
}

/**
 * Makes the real ports, starts what runs beside requests, and listens. Throws a `Problem` for what a person can mend
 * (a token file that cannot be read, a data folder in use) and leaves nothing behind when it fails.
 */
export async function openService(settings: Settings, log: FastifyBaseLogger): Promise<Service> {
  const closers = createClosers();
  try {
    return await start(settings, log, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

type Closers = ReturnType<typeof createClosers>;

async function start(settings: Settings, log: FastifyBaseLogger, closers: Closers): Promise<Service> {
  const administratorToken = await readAdminToken(settings.adminTokenFile);
  const database = await openDatabase(settings.connections.sql);
  closers.add(database.close);
  const life = { stopping: false };
  const ports = await openPorts({ settings, log, db: database.db, administratorToken, life, closers });

  const app = await buildApp(ports, log);
  const { host, port } = settings.listen;
  const { drainTimeoutMs, drainDelayMs } = settings.http;
  const surfaces = [() => drain(app, drainTimeoutMs)];
  closers.add(async () => void (await Promise.all(surfaces.map((close) => close()))));
  const url = await app.listen({ host, port });
  const grpc = await openGrpcSurface(ports, log);
  if (grpc !== null) surfaces.push(() => grpc.close(drainTimeoutMs));
  await ports.training.start(url);
  const report = (error: unknown) => log.error({ error }, "an event could not be delivered");
  const delivery = startDelivery(
    database.db,
    [followAliases(ports), followLineage(ports)],
    settings.events,
    report,
    ports.clock,
  );
  closers.add(delivery.close);
  const webhooks = ports.webhooks.start((error) => log.error({ error }, "webhooks could not be worked on"));
  closers.add(webhooks.close);
  closers.add(keepAnchors(ports, log));
  closers.add(keepCollecting(ports, log));
  closers.add(forgetTraces(ports, log));
  closers.add(startLineage(ports, log).close);
  closers.add(() => wait(drainDelayMs));
  closers.add(() => {
    life.stopping = true;
  });
  return { url, grpcAddress: grpc?.address ?? null, close: closers.close };
}

/** Read only where it is wanted: it takes memory that most installations never use. */
async function openGrpcSurface(ports: Ports, log: FastifyBaseLogger): Promise<GrpcServer | null> {
  const { grpc, listen } = ports.settings;
  if (grpc.port === undefined) return null;
  const { openGrpc } = await import("./grpc/server.ts");
  return await openGrpc(ports, { host: listen.host, port: grpc.port }, log);
}

interface Foundations {
  readonly settings: Settings;
  readonly log: FastifyBaseLogger;
  readonly db: Database;
  readonly administratorToken: string;
  readonly life: { readonly stopping: boolean };
  readonly closers: Closers;
}

type HostParts = Parameters<typeof openModelHost>[0];

interface ServingParts
  extends Foundations,
    Required<Pick<HostParts, "admit" | "registry" | "artifacts">>,
    RolloutStores {
  readonly clock: () => number;
  readonly metrics: Metrics;
}

/** The engine and the models that it runs. */
async function openServing(parts: ServingParts): Promise<ModelHost> {
  const { settings, log, db, closers, clock, metrics, registry, artifacts, admit } = parts;
  const engine = openEngine({
    settings: settings.serving,
    profiles: createModelProfileStore(db, clock, machineName()),
    log,
  });
  closers.add(engine.close);
  const spans = openSpanExport({ settings, metrics, log });
  if (spans !== null) closers.add(spans.close);
  const models = await openModelHost({
    registry,
    artifacts,
    settings: settings.serving,
    clock,
    metrics,
    log,
    admit,
    executor: engine,
    ...(spans === null ? {} : { tracer: createTracer(spans.add) }),
    onPutOut: () => metrics.modelsPutOutTotal.inc(),
    rollouts: { settings: settings.rollouts, active: () => parts.rollouts.activeWithFiles() },
  });
  closers.add(models.close);
  const report = (error: unknown) => log.error({ error }, "rollouts could not be looked after");
  const conductor = startConductor(
    { rollouts: parts.rollouts, counts: parts.rolloutCounts, traffic: models, clock, report },
    settings.rollouts.decideIntervalMs,
  );
  closers.add(conductor.close);
  exposeStatistics(metrics.registry, models.statistics);
  return models;
}

async function openPorts(foundations: Foundations): Promise<Ports> {
  const { settings, log, db, administratorToken, life, closers } = foundations;
  const { connections } = settings;
  const clock = Date.now;
  const metrics = createMetrics();
  const objects = await openObjectStore(connections.objectStore, settings.buckets);
  closers.add(objects.close);
  const stored = createArtifactStores({ db, objects, settings, clock, count: countCollected(metrics) });
  const { artifacts } = stored;
  const { governance, serving } = settings;
  const anchors = await openAuditAnchors(connections.objectStore, governance.anchorLimit, settings.buckets);
  closers.add(anchors.close);
  const provenance = await openProvenance({ settings, db, artifacts, clock, log });
  const rules = {
    servingAlias: serving.alias,
    minimum: governance,
    evidence: openEvidence(provenance.signatures, () => cards),
  };
  const registry = createRegistryStore(db, clock, rules, {
    settle: artifacts.settle,
    sign: provenance.signatures.signNew,
  });
  const rollouts = createRolloutStores(db, settings, { clock, governance: rules });
  const tracking = createTrackingStore(db);
  const cards = openCards({ settings, db, artifacts, clock, tracking, registry, ...provenance });
  const { identities: own, ...access } = createAccessStores(db, clock, settings, administratorToken);
  const { identities, close } = openSignIn({ settings, identities: own, teams: access.teams, clock, log });
  closers.add(close);
  const { check: admit } = provenance.signatures;
  const models = await openServing({
    ...foundations,
    ...rollouts,
    clock,
    metrics,
    registry,
    artifacts,
    admit,
  });
  const predictions = await keepPredictions({ db, artifacts, settings, clock, metrics, log }, closers);
  const training = await openDispatcher({
    store: createTrainingStore(db, clock),
    identities,
    connection: connections.training,
    settings: settings.dispatch,
    clock,
    log,
  });
  closers.add(training.close);
  const webhooks = await openWebhooks({ db, settings, clock, metrics });
  return {
    settings,
    clock,
    metrics,
    identities: withUploadTickets(identities, stored.uploads),
    idempotency: createIdempotencyStore(db, clock, settings.idempotency),
    ...access,
    ...stored,
    tracking,
    registry,
    ...rollouts,
    cards,
    audit: { log: createAuditLog(db), anchors },
    ...provenance,
    models,
    predictions,
    training,
    webhooks,
    obstacles: () => obstacles(db, life),
    async measure() {
      metrics.webhookDeliveriesPending.set(await webhooks.countPending());
      metrics.servedModels.set(models.countReady());
      metrics.eventsPending.set(await countPending(db));
      const jobs = await training.countByState();
      for (const state of trainingStates) metrics.trainingJobs.set({ state }, jobs.get(state) ?? 0);
    },
  };
}

/** Which models ask for it is known before the first of them is asked. */
async function keepPredictions(
  parts: Parameters<typeof openPredictions>[0],
  closers: Closers,
): Promise<Ports["predictions"]> {
  const predictions = openPredictions(parts);
  closers.add(predictions.close);
  await predictions.follow();
  return predictions;
}

async function obstacles(db: Database, life: { readonly stopping: boolean }): Promise<readonly string[]> {
  if (life.stopping) return ["The service is stopping."];
  return await db
    .selectFrom("experiments")
    .select("experiment_id")
    .limit(1)
    .execute()
    .then(
      () => [],
      () => ["The database does not answer."],
    );
}

/** A promotion is served at once, not only at the next comparison with the registry. */
function followAliases(ports: Ports): (event: { readonly type: string }) => Promise<void> {
  return async ({ type }) => {
    if (type.startsWith("dev.bedplate.alias.")) await ports.models.reconcile();
  };
}

function keepAnchors({ audit, settings, clock }: Ports, log: FastifyBaseLogger): () => Promise<void> {
  const anchor = () => anchorAudit(audit.log, audit.anchors, clock());
  const report = (error: unknown) => log.error({ error }, "the audit log could not be anchored");
  return startAnchoring(anchor, settings.governance.anchorIntervalMs, report).close;
}

function keepCollecting(
  { collector, settings, metrics }: Ports,
  log: FastifyBaseLogger,
): () => Promise<void> {
  const report = (error: unknown) => {
    metrics.artifactCollectionFailuresTotal.inc();
    log.error({ error }, "a collection of artifacts broke off");
  };
  return startCollection(collector, settings.artifacts.collectIntervalMs, report).close;
}

function forgetTraces({ tracking, settings, clock }: Ports, log: FastifyBaseLogger): () => Promise<void> {
  const report = (error: unknown) => log.error({ error }, "old traces could not be deleted");
  return startTraceRetention(tracking.traces, settings.traces, clock, report).close;
}

/** Lets requests in flight end, for a bounded time. */
async function drain(app: Awaited<ReturnType<typeof buildApp>>, timeoutMs: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), timeoutMs);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}
