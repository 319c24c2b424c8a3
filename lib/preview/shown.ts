import { dumps, loads } from '../python/json.ts';
import { isDict } from '../python/value.ts';
import type { RenderedInstance } from '../task/renderer.ts';
import type { Preview } from './preview.ts';

/** One message of a chat, or a prompt's text. */
export interface Turn {
  readonly role: string;
  readonly text: string;
}

/** An instance as people look at it. */
export interface ShownInstance {
  readonly docId: number;
  readonly idx: number;
  /** What comes before the worked examples: the system message. */
  readonly system: readonly Turn[];
  /** Worked examples that are turns of their own. */
  readonly examples: readonly Turn[];
  /** The question, and what the answer is made to begin with. */
  readonly question: readonly Turn[];
  /** What a loglikelihood request scores; null for others. */
  readonly continuation: string | null;
  /** The generation arguments as JSON; null for loglikelihood. */
  readonly generation: string | null;
  /** Estimated length in tokens. */
  readonly ctxlen: number;
  /** `prompts.data`, byte for byte. */
  readonly data: string;
}

/** Takes a preview's instances apart for showing. */
export function shownInstances({ plan, instances }: Pick<Preview, 'plan' | 'instances'>): ShownInstance[] {
  const chat = plan.asked.applyChatTemplate && plan.requestType === 'generate_until';
  const turns = chat && plan.asked.fewshotAsMultiturn ? 2 * plan.shotsInEffect : 0;
  return instances.map((instance) => shown(instance, chat, turns));
}

function shown(instance: RenderedInstance, chat: boolean, exampleTurns: number): ShownInstance {
  const [context, rest] = instance.arguments;
  const messages: Turn[] = chat ? messagesOf(context) : [{ role: 'prompt', text: context }];
  const start = messages[0]?.role === 'system' ? 1 : 0;
  return {
    docId: instance.docId,
    idx: instance.idx,
    system: messages.slice(0, start),
    examples: messages.slice(start, start + exampleTurns),
    question: messages.slice(start + exampleTurns),
    continuation: typeof rest === 'string' ? rest : null,
    generation: typeof rest === 'string' ? null : dumps(rest, { ensureAscii: false }),
    ctxlen: instance.ctxlen,
    data: instance.data,
  };
}

function messagesOf(argument: string): Turn[] {
  const list = loads(argument);
  if (!Array.isArray(list)) throw new Error('a chat that is no list of messages');
  return list.map((message) => {
    const fields = isDict(message) ? message : new Map();
    return { role: String(fields.get('role')), text: String(fields.get('content')) };
  });
}
