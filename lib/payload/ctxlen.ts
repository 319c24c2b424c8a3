import type { ChatMessage } from './message.ts';

/** Words per token that the Python service assumes. */
const WORDS_PER_TOKEN = 0.75;
/** Tokens that each chat message costs besides its content. */
const MESSAGE_OVERHEAD = 2;

/** The Python service's estimate of a text's tokens: pieces between single spaces, however many stand in a row (PAYLOAD-12). */
export function textLength(text: string): number {
  let pieces = 1;
  for (let at = text.indexOf(' '); at >= 0; at = text.indexOf(' ', at + 1)) pieces++;
  return Math.trunc(pieces / WORDS_PER_TOKEN);
}

const lengths = new WeakMap<ChatMessage, number>();

/** The same for a chat: every message's content and its overhead. */
export function chatLength(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, message) => sum + messageLength(message), 0);
}

function messageLength(message: ChatMessage): number {
  const known = lengths.get(message);
  if (known !== undefined) return known;
  const length = textLength(message.content) + MESSAGE_OVERHEAD;
  lengths.set(message, length);
  return length;
}
