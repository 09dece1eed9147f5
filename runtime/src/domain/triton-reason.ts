import type { ErrorCode } from "@bedplate/contract";

/** Source: Triton Inference Server, "Metrics", failure count. */
type TritonReason = "REJECTED" | "CANCELED" | "BACKEND" | "OTHER";

const reasons: Readonly<Partial<Record<ErrorCode, TritonReason>>> = {
  TOO_MANY_REQUESTS: "REJECTED",
  DEADLINE_EXCEEDED: "REJECTED",
  CANCELLED: "CANCELED",
  UNAVAILABLE: "BACKEND",
};

/** Why a request was not answered, in Triton's words. */
export const tritonReason = (code: ErrorCode): TritonReason => reasons[code] ?? "OTHER";
