/** Things to give back, the last one first. */
export interface Closers {
  readonly add: (close: () => Promise<void> | void) => void;
  /** Gives everything back, also when some of it cannot be; throws the first reason then. */
  readonly close: () => Promise<void>;
}

export function createClosers(): Closers {
  const closers: (() => Promise<void> | void)[] = [];
  return {
    add: (close) => void closers.push(close),
    async close() {
      const reasons: unknown[] = [];
      for (let next = closers.pop(); next !== undefined; next = closers.pop()) {
        await Promise.resolve()
          .then(next)
          .catch((reason: unknown) => reasons.push(reason));
      }
      if (reasons.length > 0) throw reasons[0];
    },
  };
}
