/** What an operator may want otherwise in requests that generate text, for all tasks alike (MANAGER-6). */
export interface RequestStyle {
  /** The chat request's field for the number of tokens that an answer may have. */
  readonly chatTokensField: 'max_tokens' | 'max_completion_tokens';
  /** Fields that are never sent, whoever set them. */
  readonly leaveOut: readonly string[];
  /** Tokens that an answer may have where nobody says how many. */
  readonly defaultTokens: number;
}

/** Requests as the harness makes them through the Python service. */
export const PLAIN_STYLE: RequestStyle = { chatTokensField: 'max_tokens', leaveOut: [], defaultTokens: 1024 };
