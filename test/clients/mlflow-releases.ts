import { ensurePython } from "../../tools/peers/python.ts";

/** What both releases need beside themselves, to log and load models and to be a server. */
const shared = [
  "numpy==2.4.6",
  "onnx==1.23.2",
  "onnxruntime==1.32.0",
  "scikit-learn==1.9.1",
  "flask==3.1.3",
  "flask-cors==6.0.5",
  "alembic==1.20.1",
  "graphene==3.4.3",
  // mlflow-export-import asks for it, and for the whole of MLflow, which it does not need.
  "databricks-cli==0.18.0",
];

/**
 * Releases of MLflow that are proved, each as client and as server. The skinny package holds the whole server but its
 * page; the rest is what the server imports.
 */
export const mlflowReleases = [
  {
    release: "3.17.2",
    packages: [
      "mlflow-skinny==3.17.2",
      "pandas==3.1.1",
      "sqlalchemy==2.1.9",
      "huey==3.5.4",
      "aiohttp==3.14.5",
      "skops==0.16.0",
      "opentelemetry-exporter-otlp-proto-http==1.45.2",
      ...shared,
    ],
  },
  {
    release: "2.22.5",
    packages: [
      "mlflow-skinny==2.22.5",
      "pandas==2.3.3",
      "sqlalchemy==2.0.58",
      "setuptools<81",
      "gunicorn==26.2.0",
      // Newer ones want of a span processor what this release's lacks, and no trace would be made.
      "opentelemetry-sdk==1.33.1",
      ...shared,
    ],
  },
] as const;

/** A Python with a release of MLflow and the tool that moves things between its servers. */
export const ensureMlflow = ({ packages }: { readonly packages: readonly string[] }): Promise<string> =>
  ensurePython(packages, ["mlflow-export-import==1.2.0"]);
