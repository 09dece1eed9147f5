/** The value below which a share of the values lies: the nearest rank. Throws on no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
  if (value === undefined) throw new Error("a quantile of nothing");
  return value;
}

/** Middle and range of what several rounds measured. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}

/** Three digits that mean something; what follows them is noise. */
export const round = (value: number): number => Number(value.toPrecision(3));

/** Ours against a peer's, so that more is better for us. */
export interface Ratio {
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly unit: string;
  readonly ratio: number;
  readonly spread: { readonly ours: readonly [number, number]; readonly peer: readonly [number, number] };
}

interface Comparison {
  readonly ours: Spread;
  readonly peer: Spread;
  readonly peerName: string;
  readonly unit: string;
  /** Which of two values is the better one. */
  readonly better: "more" | "less";
}

export function compare({ ours, peer, peerName, unit, better }: Comparison): Ratio {
  const ratio = better === "more" ? ours.median / peer.median : peer.median / ours.median;
  return {
    ours: round(ours.median),
    peer: round(peer.median),
    peerName,
    unit,
    ratio: round(ratio),
    spread: { ours: [round(ours.min), round(ours.max)], peer: [round(peer.min), round(peer.max)] },
  };
}
