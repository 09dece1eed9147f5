/** Which cluster is meant: as kubectl itself decides where nothing is said. */
export interface ClusterAccess {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string | undefined;
  /** A context of it. */
  readonly context?: string | undefined;
}
