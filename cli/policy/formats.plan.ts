/** One place that breaks one rule. */
export interface Finding {
  readonly file: string;
  readonly resource: string;
  readonly rule: string;
  readonly level: "mandatory" | "advisory";
  readonly message: string;
}

interface RuleText {
  readonly id: string;
  readonly description: string;
  readonly severity: string;
  readonly controls: readonly string[];
  readonly remediation: string;
}

/** What a report is about. */
export interface Report {
  readonly findings: readonly Finding[];
  /** The rules that judged. */
  readonly rules: readonly RuleText[];
  /** How many resources were judged. */
  readonly resources: number;
  readonly version: string;
}

export type ReportFormat = "text" | "json" | "sarif" | "junit";

/** A report as people, programs, code scanners and CI servers read it. */
export const formats: Readonly<Record<ReportFormat, (report: Report) => string>> = {
  text: writeText,
  json: ({ findings }) => JSON.stringify(findings),
  sarif: (report) => JSON.stringify(sarif(report), null, 2),
  junit: writeJunit,
};

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;

function writeText({ findings, rules, resources }: Report): string {
  const lines = [...Map.groupBy(findings, ({ file, resource }) => `${file}: ${resource}`)].flatMap(
    ([where, some]) => [where, ...some.map(({ rule, message }) => `  ${rule}: ${message}`)],
  );
  const summary = `${count(resources, "resource")}, ${count(rules.length, "rule")}: ${count(findings.length, "violation")}`;
  return [...lines, summary].join("\n");
}

/** What code scanners sort by: 0 to 10, as in CVSS. */
const scores: Readonly<Record<string, string>> = { low: "3.0", medium: "5.0", high: "8.0", critical: "9.5" };

/** SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/. */
function sarif({ findings, rules, version }: Report): object {
  const driver = {
    name: "bedplate policy check",
    version,
    rules: rules.map(({ id, description, severity, controls, remediation }) => ({
      id,
      shortDescription: { text: description },
      help: { text: remediation },
      properties: { tags: ["security", ...controls], "security-severity": scores[severity] },
    })),
  };
  const results = findings.map(({ file, resource, rule, message }) => ({
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: "error",
    message: { text: `${resource}: ${message}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: encodeURI(file) } },
        logicalLocations: [{ fullyQualifiedName: resource }],
      },
    ],
  }));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{ tool: { driver }, results }],
  };
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
/** Characters that XML 1.0 has no way to write become the sign for what cannot be shown. */
const xml = (text: string) =>
  text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);

/** One suite with a case for each rule, which fails with all that breaks it; the form that CI servers read. */
function writeJunit({ findings, rules }: Report): string {
  const byRule = Map.groupBy(findings, ({ rule }) => rule);
  const cases = rules.map(({ id }) => {
    const broken = byRule.get(id) ?? [];
    const open = `    <testcase classname="policies" name="${xml(id)}"`;
    if (broken.length === 0) return `${open}/>`;
    const all = broken.map(({ file, resource, message }) => `${file}: ${resource}: ${message}`).join("\n");
    return `${open}>\n      <failure message="${count(broken.length, "violation")}">${xml(all)}</failure>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite name="policies" tests="${rules.length}" failures="${byRule.size}">`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
  ].join("\n");
}
