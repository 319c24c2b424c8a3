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

/** There is nothing of the name that the caller gave. */
export class NotFoundError extends Error {
  override readonly name = 'NotFound';
}

/** Options that don't fit together, or a value that is none. */
export class UsageError extends Error {
  override readonly name = 'Usage';
}
