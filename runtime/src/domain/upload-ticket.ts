/** The name of the identity that an upload's ticket makes. */
export const uploaderOf = (uploadId: string): string => `upload:${uploadId}`;
