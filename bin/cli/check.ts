/** What was looked at, how it stands, and what to type where it should be otherwise. */
export interface Check {
  readonly name: string;
  /** `missing`: requests fail without it. `warn`: worth a look. */
  readonly state: 'ok' | 'warn' | 'missing';
  readonly what: string;
  readonly type: string | null;
}

/** All is well there. */
export const ok = (name: string, what: string): Check => ({ name, state: 'ok', what, type: null });
/** Worth a look, and what to type. */
export const warn = (name: string, what: string, type: string): Check => ({ name, state: 'warn', what, type });
/** Requests fail without it; what to type. */
export const missing = (name: string, what: string, type: string): Check => ({ name, state: 'missing', what, type });
