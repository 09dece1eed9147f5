export { NoGo } from "../build/go-build.ts";
export { type Cluster, type Manifest, startCluster } from "./cluster.ts";
export { findControlPlane } from "./control-plane.ts";
export { type InstalledCrds, installCrds } from "./crds.ts";
export { ensureProvider, findProvider } from "./provider.ts";
export { endingAnnotation } from "./stages.plan.ts";
