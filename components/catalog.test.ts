import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CatalogChart, catalog } from "./catalog.ts";
import { images } from "./images.ts";
import { addons } from "./kubernetes/addons.plan.ts";
import { chartSource, mirroredValues, nullsIn } from "./kubernetes/chart-source.plan.ts";

const charts: [string, CatalogChart][] = Object.entries(catalog);

/** What upstream has given up, or taken away. */
const denied = /bitnami|charts\.min\.io|ingress-nginx|grafana\.github\.io|charts\.helm\.sh/;

describe("the catalog", () => {
  test.each(charts)(
    "%s is pinned to one version, with its licence and the day it was looked up",
    (_name, entry) => {
      expect(entry.version).toMatch(/^v?\d+\.\d+\.\d+(-[a-z0-9.]+)?$/);
      expect(entry.repo).toMatch(/^((https|oci):\/\/|none$)/);
      expect(entry.licence).not.toBe("");
      expect(entry.checkedOn).toMatch(/^20\d\d-\d\d-\d\d$/);
    },
  );

  test("what upstream has given up is never a default", () => {
    const given = charts.filter(([, { repo, chart }]) => denied.test(`${repo} ${chart}`));
    for (const [name, { deprecated }] of given)
      expect([name, deprecated]).toEqual([name, expect.any(String)]);
    expect(given.map(([name]) => name)).toEqual(["minio"]);
  });

  test.each(Object.entries(images))("the image %s is pinned to one version", (_name, { repository, tag }) => {
    expect(tag).not.toMatch(/^(latest|main|master|nightly|stable)$/);
    expect(repository).not.toMatch(/bitnami/);
  });

  test("every chart is installed by some add-on", () => {
    const plans = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".plan.ts"))
      .map((name) => readFileSync(join(import.meta.dirname, name), "utf8"));
    const installed = new Set(
      plans.flatMap((text) => [...text.matchAll(/release\(\s*"([^"]+)"/g)].map(([, name]) => name)),
    );
    expect(charts.map(([name]) => name).filter((name) => !installed.has(name))).toEqual([]);
  });

  test("every add-on says what it provides", () => {
    for (const { provides, type } of Object.values(addons)) {
      expect(provides.length).toBeGreaterThan(0);
      expect(type).toMatch(/^bedplate:[a-z-]+:[A-Z]\w+$/);
    }
  });
});

describe("mirrors", () => {
  const { "cert-manager": certManager } = catalog;

  test("without one, a chart comes from its own repository", () => {
    expect(chartSource(certManager, {})).toEqual({
      chart: "cert-manager",
      version: certManager.version,
      repositoryOpts: { repo: certManager.repo },
    });
  });

  test("a folder holds charts as `helm pull` writes them, a registry has them under its prefix", () => {
    expect(chartSource(certManager, { chartMirror: "/charts/" }).chart).toBe(
      `/charts/cert-manager-${certManager.version}.tgz`,
    );
    expect(chartSource(certManager, { chartMirror: "oci://mirror/charts" })).toEqual({
      chart: "oci://mirror/charts/cert-manager",
      version: certManager.version,
    });
  });

  test("every image key of every chart is rewritten, and other values stay", () => {
    fc.assert(
      fc.property(fc.constantFrom(...charts), ([, entry]) => {
        const values = { replicaCount: 2, image: { pullPolicy: "Always" } };
        const rewritten = mirroredValues(entry, values, { imageMirror: "mirror.example.com/all" });
        expect(rewritten).toMatchObject(values);
        for (const [path, repository] of Object.entries(entry.images)) {
          const found = path
            .split(".")
            .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], rewritten);
          expect(found).toBe(`mirror.example.com/all/${repository}`);
        }
      }),
    );
  });

  test("null in values, which would take a chart's default away, is found wherever it stands", () => {
    expect(nullsIn({ a: { b: [1, { c: null }] }, d: null })).toEqual(["a.b[1].c", "d"]);
  });
});
