/** Why an input cannot be used, in one sentence. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** How one kind of thing on this machine is kept; plain code that knows nothing of the engine. */
export interface LocalProvider<Settings, State extends Settings> {
  /** Looks, before anything is made, at whether the settings can work here. `olds` is empty for a new resource. */
  check(olds: Partial<State>, settings: Settings): Promise<CheckFailure[]>;
  /** Whether an update is due. */
  diff(state: State, settings: Settings): Promise<boolean>;
  create(settings: Settings): Promise<{ id: string; state: State }>;
  /** What is there now; undefined when it is gone. */
  read(state: State): Promise<State | undefined>;
  update(state: State, settings: Settings): Promise<State>;
  delete(state: State): Promise<void>;
}
