import { expect, test } from "vitest";
import type { Route } from "./route.ts";
import { routes } from "./routes.ts";

const all: [string, Route][] = Object.entries(routes);
const addresses = all.flatMap(([, route]) =>
  [route.path, ...(route.also ?? [])].map((path) => `${route.method} ${path}`),
);

test("no address is claimed twice", () => {
  expect(addresses.filter((address, at) => addresses.indexOf(address) !== at)).toEqual([]);
});

test("only liveness, readiness and the sign-in page are public", () => {
  const open = all.filter(([, route]) => route.scope === "public").map(([name]) => name);
  expect(open.sort()).toEqual(["live", "login", "loginPage", "ready"]);
});

test("every MLflow address has its twin for the page", () => {
  const sdk = addresses.filter((address) => address.includes(" /api/2.0/mlflow"));
  expect(sdk.length).toBeGreaterThan(50);
  for (const address of sdk) expect(addresses).toContain(address.replace(" /api/", " /ajax-api/"));
});
