/** What was measured of model files. Times are milliseconds since 1970. */
export interface ModelProfileTables {
  model_profiles: {
    /** SHA-256 of the model file. */
    digest: string;
    /** Processor and ONNX Runtime version that it was measured with. */
    machine: string;
    /** JSON. */
    profile: string;
    measured_at: number;
  };
}
