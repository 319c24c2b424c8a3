import { loads } from '../python/json.ts';
import { isDict } from '../python/value.ts';
import type { RenderedInstance } from '../task/renderer.ts';
import type { Findings } from './finding.ts';
import type { Check } from './seen.ts';

/** The longest that prompts may be; undefined for no limit. */
export interface LengthLimits {
  /** Characters of the text, of all turns together. */
  readonly maxChars?: number | undefined;
  /** Tokens, as `ctxlen` estimates them. */
  readonly maxTokens?: number | undefined;
}

/** Prompts over the lengths given: one finding for each limit, with the longest of them. */
export function lengthCheck(findings: Findings, { maxChars, maxTokens }: LengthLimits, chat: boolean): Check {
  const limits = [
    { unit: 'characters', most: maxChars, of: (instance: RenderedInstance) => charsOf(instance, chat, maxChars ?? 0) },
    { unit: 'tokens (estimated)', most: maxTokens, of: ({ ctxlen }: RenderedInstance) => ctxlen },
  ].map((limit) => ({ ...limit, docIds: [] as number[], count: 0, longest: 0, excerpt: '' }));
  return {
    see({ docId, question, instances }) {
      for (const limit of limits) {
        if (limit.most === undefined) continue;
        const length = Math.max(0, ...instances.map(limit.of));
        if (length <= limit.most) continue;
        limit.count++;
        if (limit.docIds.length < 10) limit.docIds.push(docId);
        if (length > limit.longest)
          Object.assign(limit, { longest: length, excerpt: `document ${docId}: ${question}` });
      }
    },
    end() {
      for (const { unit, most, docIds, count, longest, excerpt } of limits) {
        if (count === 0) continue;
        const message = `${count} documents have prompts of more than ${most} ${unit}; the longest has ${longest}`;
        findings.add({ kind: 'too-long', subject: `${unit} ${most}`, docIds, count, message, excerpt });
      }
    },
  };
}

/** In code points; of a chat the contents of its messages. What can't be longer than `most` is not counted. */
function charsOf({ arguments: [context, rest] }: RenderedInstance, chat: boolean, most: number): number {
  if (context.length + (typeof rest === 'string' ? rest.length : 0) <= most) return 0;
  if (!chat) return codePoints(context) + (typeof rest === 'string' ? codePoints(rest) : 0);
  const turns = loads(context);
  const contents = Array.isArray(turns) ? turns.map((turn) => (isDict(turn) ? turn.get('content') : '')) : [];
  return contents.reduce<number>((sum, text) => sum + (typeof text === 'string' ? codePoints(text) : 0), 0);
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--;
  return count;
}
