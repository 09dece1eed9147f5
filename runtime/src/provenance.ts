import { dirname, join } from "node:path";
import type { PlatformEvent, Settings } from "@bedplate/contract";
import { startLineageDelivery } from "./events/lineage-delivery.ts";
import { createLineageEmitter } from "./events/lineage-emitter.ts";
import { createInterfaceReader } from "./inference/onnx-interface.ts";
import type { Ports } from "./ports.ts";
import type { ArtifactStore } from "./store/artifact-store.ts";
import type { Database } from "./store/database.ts";
import { createLineageStore } from "./store/lineage-store.ts";
import { createModelCardStore } from "./store/model-card-store.ts";
import type { Governance } from "./store/promotion-gate.ts";
import { createSignatureStore } from "./store/signature-store.ts";
import { foreignKeys, openSigningKeys, type SigningKeys } from "./store/signing-keys.ts";

interface ProvenanceParts {
  readonly settings: Settings;
  readonly db: Database;
  readonly artifacts: ArtifactStore;
  readonly clock: () => number;
  readonly log: { readonly warn: (fields: object, message: string) => void };
}

/** Where versions come from: signatures and lineage. */
export async function openProvenance(parts: ProvenanceParts): Promise<Pick<Ports, "signatures" | "lineage">> {
  const { settings, db, artifacts, clock } = parts;
  const keys = await openKeys(parts);
  const { required } = settings.signing;
  const signatures = createSignatureStore({ db, open: artifacts.open, clock, keys, required });
  return { signatures, lineage: createLineageStore(db, clock) };
}

/** What versions can show when they are to be promoted. `cards` are asked for late: they are made from the registry. */
export function openEvidence(
  signatures: Ports["signatures"],
  cards: () => Ports["cards"],
): NonNullable<Governance["evidence"]> {
  return async ({ model, version }, asked) => {
    const report = asked.signature ? await signatures.report(model, version, "digests") : null;
    return {
      signature: report && {
        state: report.state,
        problems: [...new Set(report.signatures.flatMap(({ problems }) => problems))],
      },
      modelCard: asked.modelCard ? await cards().read(model, version) : null,
    };
  };
}

type CardParts = Omit<ProvenanceParts, "log"> &
  Pick<Ports, "tracking" | "registry" | "signatures" | "lineage">;

/** What is known of versions, on one page each. */
export function openCards(parts: CardParts): Ports["cards"] {
  const { settings, db, artifacts, clock, tracking, registry, signatures, lineage } = parts;
  return createModelCardStore({
    db,
    clock,
    run: tracking.runs.get,
    history: registry.history.page,
    approvals: registry.approvals.list,
    signatures,
    lineage,
    interfaceOf: createInterfaceReader(artifacts, settings.serving),
    servingAlias: settings.serving.alias,
    lineageNodes: settings.lineage.nodeLimit,
  });
}

const keyName = "signing-key.pem";

/** Without a place for a key nothing is signed; that stops the service only where somebody counts on signatures. */
async function openKeys({ settings, log }: ProvenanceParts): Promise<SigningKeys> {
  const { keyFile, trustedPath, required } = settings.signing;
  const file = keyFile ?? join(dirname(settings.adminTokenFile), keyName);
  try {
    return await openSigningKeys(file, trustedPath);
  } catch (error) {
    if (keyFile !== undefined || required) throw error;
    log.warn({ error }, "versions are not signed: there is no place for a signing key");
    return foreignKeys(trustedPath);
  }
}

/** Tells OpenLineage of what happens here. */
export function followLineage(ports: Ports): (event: PlatformEvent) => Promise<void> {
  const { stack, release } = ports.settings;
  return createLineageEmitter({
    lineage: ports.lineage,
    stack,
    release,
    job: ports.training.get,
    run: ports.tracking.runs.get,
    version: ports.registry.versions.get,
    versionsOf: ports.lineage.versionsOf,
  });
}

/** Sends our own lineage events out, and forgets old ones. */
export function startLineage(
  ports: Ports,
  log: { readonly error: (fields: object, message: string) => void },
): { readonly close: () => Promise<void> } {
  return startLineageDelivery({
    lineage: ports.lineage,
    settings: ports.settings.lineage,
    report: (error) => log.error({ error }, "a lineage event could not be delivered; it is tried again"),
    clock: ports.clock,
  });
}
