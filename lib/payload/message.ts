import { dumps } from '../python/json.ts';
import { textLength } from './ctxlen.ts';

/** One turn of a chat, as the harness builds it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What becomes of a message. */
export interface PrintedMessage {
  /** In `prompts.data`: pydantic prints the model's own fields in the order of the role's class, then the rest. */
  readonly data: string;
  /** In the JSON text that the harness hands to its model, the instance's first argument. */
  readonly argument: string;
  /** Estimated length, in tokens. */
  readonly tokens: number;
}

/** Tokens that each chat message costs besides its content. */
const MESSAGE_OVERHEAD = 2;

/** A message that keeps what becomes of it: a worked example goes into many prompts, and every message into two texts. */
export class Turn implements ChatMessage {
  readonly role: ChatMessage['role'];
  readonly content: string;
  #printed: PrintedMessage | undefined;

  constructor(role: ChatMessage['role'], content: string) {
    this.role = role;
    this.content = content;
  }

  get printed(): PrintedMessage {
    this.#printed ??= print(this);
    return this.#printed;
  }
}

/** The Python service's estimate of a chat's tokens: every message's content and its overhead (PAYLOAD-12). */
export function chatLength(messages: readonly ChatMessage[]): number {
  let sum = 0;
  for (const message of messages) sum += printed(message).tokens;
  return sum;
}

/** What becomes of a message. */
export function printed(message: ChatMessage): PrintedMessage {
  return message instanceof Turn ? message.printed : print(message);
}

function print({ role, content }: ChatMessage): PrintedMessage {
  const text = JSON.stringify(content);
  // Python leaves half surrogate pairs as they are.
  const asPython = content.isWellFormed() ? text : dumps(content, { ensureAscii: false });
  return {
    data:
      role === 'assistant'
        ? `{"role":"assistant","content":${text},"type":"text"}`
        : `{"content":${text},"role":"${role}","type":"text"}`,
    argument: `{"role": "${role}", "content": ${asPython}, "type": "text"}`,
    tokens: textLength(content) + MESSAGE_OVERHEAD,
  };
}
