import type {
  Approval,
  ApprovalList,
  ApprovalRequest,
  IdentityInfo,
  ModelHistory,
  PromotionChecks,
} from "@bedplate/contract";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { deleteJson, getJson, postJson } from "./http.ts";

const api = "/api/bedplate/v1";
const historyPage = 20;

const at = (...parts: string[]) => [api, ...parts.map(encodeURIComponent)].join("/");
const versionAt = (model: string, version: number, ...parts: string[]) =>
  at("models", model, "versions", String(version), ...parts);

/** Who is signed in. */
export const identityQuery = queryOptions({
  queryKey: ["identity"],
  queryFn: ({ signal }) => getJson<IdentityInfo>(at("identity"), signal),
  staleTime: Number.POSITIVE_INFINITY,
});

export const historyQuery = (model: string) =>
  infiniteQueryOptions({
    queryKey: ["models", model, "history"],
    queryFn: ({ pageParam, signal }) => {
      const before = pageParam === null ? "" : `&before=${pageParam}`;
      return getJson<ModelHistory>(`${at("models", model, "history")}?limit=${historyPage}${before}`, signal);
    },
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
  });

export const checksQuery = (model: string, version: number) =>
  queryOptions({
    queryKey: ["models", model, "versions", version, "checks"],
    queryFn: ({ signal }) => getJson<PromotionChecks>(versionAt(model, version, "promotion-checks"), signal),
  });

export const approvalsQuery = (model: string, version: number) =>
  queryOptions({
    queryKey: ["models", model, "versions", version, "approvals"],
    queryFn: ({ signal }) => getJson<ApprovalList>(versionAt(model, version, "approvals"), signal),
  });

export const approve = (model: string, version: number, request: ApprovalRequest) =>
  postJson<Approval>(versionAt(model, version, "approvals"), request);

export const takeBack = ({ model, version, id }: Approval) =>
  deleteJson<Approval>(versionAt(model, version, "approvals", id));
