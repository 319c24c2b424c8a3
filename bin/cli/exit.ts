/** What the command's exit code says (docs/cli.md). */
export const EXIT = {
  ok: 0,
  /** It could not do what it was asked to do. */
  failed: 1,
  /** It was asked in a way that it does not understand. */
  usage: 2,
  /** It did what it was asked to do, and the answer is no: documents fail, a request was refused. */
  negative: 3,
  /** There is nothing of that name. */
  notFound: 4,
} as const;

/** The exit codes by name, for help and docs. */
export const EXIT_CODES = [
  ['ok', 'done'],
  ['failed', 'it could not be done; the reason is on standard error'],
  ['usage', 'wrong usage'],
  ['negative', 'done, and the answer is no: documents fail, a request was refused or failed'],
  ['notFound', 'there is nothing of that name'],
] as const satisfies readonly (readonly [keyof typeof EXIT, string])[];

/** There is nothing of the name that the caller gave. */
export class NotFoundError extends Error {
  override readonly name = 'NotFound';
}

/** Options that don't fit together, or a value that is none. */
export class UsageError extends Error {
  override readonly name = 'Usage';
}
