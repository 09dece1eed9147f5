export { NoGo } from "../build/go-build.ts";
export { type Cluster, type Manifest, startCluster } from "./cluster.ts";
export { findControlPlane } from "./control-plane.ts";
export { type InstalledCrds, installCrds, kindOf, readOperatorCrds } from "./crds.ts";
export { openOperators, operatesAnnotation, operatorLabel } from "./operators.ts";
export { ensureProvider, findProvider } from "./provider.ts";
export { endingAnnotation } from "./stages.plan.ts";
