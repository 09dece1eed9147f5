import type * as pulumi from "@pulumi/pulumi";

/** Options of what holds data: the engine refuses to delete or replace it, and leaves it when its stack goes. */
export const kept = (isKept: boolean): Pick<pulumi.CustomResourceOptions, "protect" | "retainOnDelete"> =>
  isKept ? { protect: true, retainOnDelete: true } : {};
