/** Which room may import which; the same table is in docs/architecture.md. */
const rooms = "^(contract|components|stacks|policies|runtime|console|cli|tools|examples|test)/";
const ownPackages = "^(contract|components|stacks|policies|runtime|console|cli|tools|examples|test)/";
const testFiles = "\\.test\\.tsx?$|^runtime/testing/";

function only(name, from, allowed, because) {
  return {
    name,
    severity: "error",
    comment: because,
    from: { path: from, pathNot: testFiles },
    to: { path: ownPackages, pathNot: allowed },
  };
}

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "contract-imports-zod-only",
      severity: "error",
      comment: "The contract is a leaf: both sides of it must be able to read it.",
      from: { path: "^contract/", pathNot: testFiles },
      to: { pathNot: "^contract/|^node_modules/zod/" },
    },
    only(
      "components-stand-on-the-contract",
      "^components/",
      "^(components|contract)/",
      "Infrastructure never knows the service's code.",
    ),
    {
      name: "plans-are-pure",
      severity: "error",
      comment:
        "A plan is plain data in, plain data out; it needs no engine to be tested. The catalogs are plain data.",
      from: { path: "\\.plan\\.ts$" },
      to: {
        pathNot:
          "^contract/|\\.plan\\.ts$|^components/(catalog|images)\\.ts$|^components/admission/policies\\.json$|^node_modules/zod/",
      },
    },
    only("policies-judge-strangers", "^policies/", "^policies/", "A rule judges code that it did not write."),
    only(
      "stacks-use-components",
      "^stacks/",
      "^(stacks|components|contract)/",
      "Every resource is made by a component.",
    ),
    only(
      "examples-are-strangers",
      "^examples/([^/]+)/",
      "^examples/$1/",
      "An example talks to the platform as a user does.",
    ),
    only(
      "runtime-knows-the-contract-only",
      "^runtime/",
      "^(runtime|contract)/",
      "The service runs wherever its settings say.",
    ),
    only("domain-is-pure", "^runtime/src/domain/", "^(runtime/src/domain|contract)/", "Rules need no I/O."),
    only(
      "stores-serve-the-domain",
      "^runtime/src/(store|inference|training|events|identity)/",
      "^(runtime/src/(domain|store|inference|training|events|identity|ops)|contract)/",
      "HTTP stands on these, not the other way round.",
    ),
    {
      name: "http-sees-ports",
      severity: "error",
      comment: "Handlers get their stores as ports; they may name a store's types, never make one.",
      from: { path: "^runtime/src/(http/|grpc/|app\\.ts)", pathNot: testFiles },
      to: {
        path: "^runtime/src/(store|inference|training|events|identity)/",
        dependencyTypesNot: ["type-only"],
      },
    },
    only(
      "console-knows-the-contract-only",
      "^console/",
      "^(console|contract)/",
      "The page is a client like any other.",
    ),
    only(
      "cli-drives-stacks",
      "^cli/",
      "^(cli|contract|tools)/|^stacks/(cluster/(access|api-server)|cluster-stack|config)\\.ts$|^components/catalog\\.ts$|^policies/(rules/index|lib/(rule|plain-data|exemption|admission))\\.ts$",
      "The command line starts the engine; it makes no resource.",
    ),
    only("tools-stand-alone", "^tools/", "^tools/", "Tools work before anything else does."),
    {
      name: "nothing-imports-tests",
      severity: "error",
      from: { path: rooms, pathNot: `^test/|${testFiles}` },
      to: { path: `${testFiles}|^test/` },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/dist/|\\.venv/|\\.bedplate/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      mainFields: ["main", "types"],
    },
  },
};
