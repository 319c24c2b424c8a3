import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';
import { twinName } from '../../lib/plan/choose-task.ts';

/** The paths of servers that tasks are asked on. */
export const CHAT = '/v1/chat/completions';
export const COMPLETIONS = '/v1/completions';

/** On which paths a task can be asked: the one that is wanted, else both; a multiple-choice task without twin can only be scored. */
export async function pathsOf(
  entry: TaskEntry,
  wanted: string | undefined,
  catalogue: Pick<Catalogue, 'find'>,
): Promise<string[]> {
  if (wanted !== undefined) return [wanted];
  const chat =
    entry.config.get('output_type') !== 'multiple_choice' || (await catalogue.find(twinName(entry.name))) !== null;
  return chat ? [CHAT, COMPLETIONS] : [COMPLETIONS];
}
