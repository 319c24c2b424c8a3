import type { Catalogue } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import { scorableIn } from '../scoring/scorable.ts';

/**
 * Tells what can't be scored here before it is asked, as others may score it.
 * @throws PermanentError UnsupportedTask where the configuration refuses such tasks
 */
export async function checkScorable(
  catalogue: Pick<Catalogue, 'sources'>,
  entry: TaskEntry,
  refuses: boolean,
  log: Logger,
): Promise<void> {
  const scorable = await scorableIn(catalogue, entry);
  if (scorable.scorable) return;
  const { reason } = scorable;
  if (!refuses) {
    log.warn("answers of the task can't be scored here", { task: entry.name, reason });
    return;
  }
  throw new PermanentError(
    'UnsupportedTask',
    `Task ${entry.name} ${reason}. The configuration refuses such tasks; "unscored_tasks": "sample" has them sampled all the same.`,
    { context: { task: entry.name } },
  );
}
