interface RetrySettings {
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
}

/**
 * Milliseconds to wait after the given number of failed attempts (one or more): the base, doubled after each further
 * failure up to the maximum, of which a random part of up to one half is taken away, so that receivers that failed
 * together are not called together. `random` is from 0 up to 1.
 */
export function retryDelayMs(failures: number, settings: RetrySettings, random: number): number {
  const { retryBaseMs, retryMaxMs } = settings;
  const whole = Math.min(retryMaxMs, retryBaseMs * 2 ** Math.min(failures - 1, 52));
  return Math.max(1, Math.round(whole * (1 - random / 2)));
}
