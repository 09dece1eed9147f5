/** What turned out to be true of predictions. Times are milliseconds since 1970. */
export interface PredictionTables {
  prediction_labels: {
    /** Id of the registered model's history, which outlives its name. */
    history_id: string;
    request_id: string;
    /** JSON. */
    label: string;
    observed_at: number;
    labelled_at: number;
  };
}
