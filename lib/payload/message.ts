/** One turn of a chat, as the harness builds it. Never changed once made: what is derived from it is kept. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

const quoted = new WeakMap<ChatMessage, string>();

/** The message's content as JSON text. Kept: it goes into two texts, and a worked example into many prompts. */
export function quotedContent(message: ChatMessage): string {
  const known = quoted.get(message);
  if (known !== undefined) return known;
  const text = JSON.stringify(message.content);
  quoted.set(message, text);
  return text;
}
