import type { About, Route, Scope } from "./route.ts";

const api = "/api/bedplate/v1";
const model = `${api}/models/:name`;
const version = `${model}/versions/:version`;

const ofModel = ["model:params.name"] as const;

const read = (path: string, scope: Scope, summary: string, about: About = ofModel) =>
  ({
    method: "GET",
    path,
    scope,
    about,
    dialect: "bedplate",
    body: "none",
    idempotent: true,
    summary,
  }) as const;

/** History, approvals, promotion policies, rollback and the audit log. */
export const governanceRoutes = {
  modelHistory: read(`${model}/history`, "registry:read", "Every change of a model's aliases and stages"),
  championAt: read(`${model}/champion`, "registry:read", "Which version was champion at a moment"),
  rollbackModel: {
    method: "POST",
    path: `${model}/rollback`,
    scope: "model:promote",
    about: ofModel,
    dialect: "bedplate",
    body: "json",
    idempotent: false,
    summary: "Goes back to the champion before the present one",
  },
  getPromotionPolicy: read(
    `${model}/promotion-policy`,
    "registry:read",
    "What a version needs before it may become champion",
  ),
  setPromotionPolicy: {
    method: "PUT",
    path: `${model}/promotion-policy`,
    scope: "governance:write",
    about: ofModel,
    dialect: "bedplate",
    body: "json",
    idempotent: true,
    summary: "Says what a version of a model needs before it may become champion",
  },
  promotionChecks: read(
    `${version}/promotion-checks`,
    "registry:read",
    "What promotion would ask of a version, and what of it is so",
  ),
  versionFiles: read(`${version}/files`, "registry:read", "The files of a version, with their digests"),
  listApprovals: read(`${version}/approvals`, "registry:read", "What was decided about a version"),
  giveApproval: {
    method: "POST",
    path: `${version}/approvals`,
    scope: "approval:write",
    about: ofModel,
    dialect: "bedplate",
    body: "json",
    idempotent: false,
    keyed: true,
    summary: "Approves or rejects a version",
  },
  withdrawApproval: {
    method: "DELETE",
    path: `${version}/approvals/:id`,
    scope: "approval:write",
    about: ofModel,
    dialect: "bedplate",
    body: "none",
    idempotent: true,
    summary: "Takes a decision about a version back",
  },
  auditLog: read(`${api}/audit`, "audit:read", "The audit log, in pages or as JSON Lines", "platform"),
  auditEnds: read(
    `${api}/audit/head`,
    "audit:read",
    "The audit log's last entry and its anchors",
    "platform",
  ),
} as const satisfies Record<string, Route>;
