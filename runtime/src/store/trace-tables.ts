import type { ColumnType, Generated } from "kysely";

/** Tables of traces. Times are milliseconds since 1970. */
export interface TraceTables {
  traces: {
    trace_id: string;
    experiment_id: number;
    request_time: number;
    /** Milliseconds; null while the trace runs. */
    execution_duration: number | null;
    /** Computed by the database from the two before. */
    end_time: Generated<number>;
    state: "OK" | "ERROR" | "IN_PROGRESS" | "STATE_UNSPECIFIED";
    client_request_id: string | null;
    request_preview: string | null;
    response_preview: string | null;
    /** Whether its maker has said what it is about; what spans tell is no news then. */
    finalized: boolean;
    span_count: number;
  };
  trace_tags: { trace_id: string; key: string; value: string };
  trace_metadata: { trace_id: string; key: string; value: string };
  /** Spans in the order in which they came, many to a row. */
  trace_spans: {
    trace_id: string;
    chunk: number;
    /** The spans as OTLP's JSON writes them, in protobuf's names. */
    spans: ColumnType<unknown, string, string>;
    /** What searches ask for, one element a span. */
    names: string[];
    types: string[];
    statuses: string[];
    size: number;
  };
  trace_runs: { run_id: string; trace_id: string };
  trace_assessments: {
    assessment_id: string;
    trace_id: string;
    kind: "feedback" | "expectation" | "issue";
    name: string;
    /** What was found; null where there is only an error. */
    value: ColumnType<unknown, string | null, string | null>;
    valid: boolean;
    create_time: number;
    last_update_time: number;
    /** All of it in MLflow's words, but what stands in the columns before. */
    body: ColumnType<Record<string, unknown>, string, string>;
  };
}
