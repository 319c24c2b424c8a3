import type { Db } from 'mongodb';
import { tasksOfId } from '../../lib/operator/identity.ts';
import { UsageError } from './exit.ts';

/**
 * The one task (24 hexadecimal digits) that an id leads to: its own, its plan's, its request's or message's, an instance's or a
 * prompt's; null where it leads to none. @throws UsageError where it leads to several, with their ids
 */
export async function oneTaskOf(db: Db, id: string): Promise<string | null> {
  const [task, ...others] = await tasksOfId(db, id);
  if (task === undefined) return null;
  if (others.length === 0) return task;
  const named = [task, ...others.slice(0, 9)].join(', ');
  const more = others.length > 9 ? ` and ${others.length - 9} more` : '';
  throw new UsageError(`${id} stands for ${others.length + 1} tasks; give one of them: ${named}${more}.`);
}
