import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';
import { twinName } from '../../lib/plan/choose-task.ts';

/** The paths of servers that tasks are asked on. */
export const CHAT = '/v1/chat/completions';
export const COMPLETIONS = '/v1/completions';
/** What has no form in chats, besides tasks with choices. */
const SCORED: ReadonlySet<unknown> = new Set(['loglikelihood', 'loglikelihood_rolling']);

/**
 * On which paths a task can be asked: the one that is wanted, else both. A multiple-choice task without twin, and one that asks how likely
 * a text is, can only be scored, which chat can't.
 */
export async function pathsOf(
  entry: TaskEntry,
  wanted: string | undefined,
  catalogue: Pick<Catalogue, 'find'>,
): Promise<string[]> {
  if (wanted !== undefined) return [wanted];
  const type = entry.config.get('output_type');
  const scored = type === 'multiple_choice' ? (await catalogue.find(twinName(entry.name))) === null : SCORED.has(type);
  return scored ? [COMPLETIONS] : [CHAT, COMPLETIONS];
}
