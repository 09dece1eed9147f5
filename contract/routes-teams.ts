import type { About, Route, Scope } from "./route.ts";

const api = "/api/bedplate/v1";
const team = `${api}/teams/:team`;
const ofTeam = ["team:params.team"] as const;

function route<const M extends Route["method"]>(
  method: M,
  path: string,
  scope: Scope,
  about: About,
  summary: string,
) {
  const body = method === "GET" || method === "DELETE" ? "none" : "json";
  return {
    method,
    path,
    scope,
    about,
    dialect: "bedplate",
    body,
    idempotent: method !== "POST",
    summary,
  } as const;
}

/** Teams and personal tokens. */
export const teamRoutes = {
  createTeam: route("POST", `${api}/teams`, "team:write", "platform", "Makes a team"),
  listTeams: route("GET", `${api}/teams`, "team:read", "caller", "All teams, or the caller's own"),
  getTeam: route("GET", team, "team:read", ofTeam, "One team"),
  changeTeam: route(
    "PATCH",
    team,
    "team:write",
    "platform",
    "Changes what a team may have and who may read it",
  ),
  deleteTeam: route(
    "DELETE",
    team,
    "team:write",
    "platform",
    "Deletes a team that has nothing, and its tokens",
  ),
  teamUsage: route("GET", `${team}/usage`, "team:read", ofTeam, "How much a team has, beside its quotas"),
  adopt: {
    ...route("POST", `${team}/adopt`, "team:write", "platform", "Gives models and experiments to a team"),
    idempotent: true,
  },
  createToken: route(
    "POST",
    `${api}/tokens`,
    "token:write",
    "caller",
    "Makes a personal token and shows it this once",
  ),
  listTokens: route(
    "GET",
    `${api}/tokens`,
    "self",
    "caller",
    "The caller's own tokens; all that an administrator manages",
  ),
  revokeToken: route(
    "DELETE",
    `${api}/tokens/:id`,
    "self",
    "caller",
    "Ends a token, and the sessions that it started",
  ),
} as const satisfies Record<string, Route>;
