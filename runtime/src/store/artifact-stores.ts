import type { Settings } from "@bedplate/contract";
import type { ObjectStore } from "../domain/object-store.ts";
import { type Collection, createArtifactCollector } from "./artifact-collector.ts";
import { createArtifactStore } from "./artifact-store.ts";
import type { Database } from "./database.ts";
import type { IdentityStore } from "./identity-store.ts";
import { createUploadStore, type UploadStore } from "./upload-store.ts";

interface Foundations {
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly settings: Pick<Settings, "artifacts">;
  readonly clock: () => number;
  /** Hears what a collection removed, batch by batch. */
  readonly count?: (gone: Pick<Collection, "objects" | "bytes">) => void;
}

/** All that works on artifacts, over one database and one object store. */
export function createArtifactStores({ db, objects, settings, clock, count }: Foundations) {
  return {
    artifacts: createArtifactStore(db, objects, clock),
    uploads: createUploadStore(db, objects, settings.artifacts, clock),
    collector: createArtifactCollector(db, objects, settings.artifacts, clock, count),
  };
}

/** The same identities, and the bearers of upload tickets beside them. */
export function withUploadTickets(identities: IdentityStore, uploads: UploadStore): IdentityStore {
  return {
    ...identities,
    authenticate: async (credential) =>
      (await identities.authenticate(credential)) ?? (await uploads.authenticate(credential)),
  };
}
