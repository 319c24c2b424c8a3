import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';
import { scorableIn } from '../../lib/scoring/scorable.ts';
import { note } from './output.ts';

/** More of them are not told one by one. */
const MAX_WARNED = 5;

/** Warns of tasks whose answers nothing here can score, as for a misspelt metric or filter: better before they are asked than after. */
export async function warnOfUnscored(catalogue: Catalogue, entries: readonly TaskEntry[]): Promise<void> {
  const unscored: string[] = [];
  for (const entry of entries) {
    const scorable = await scorableIn(catalogue, entry);
    if (scorable.scorable) continue;
    const [, problem = `it ${scorable.reason}`] = /^can't be scored: (.*)$/s.exec(scorable.reason) ?? [];
    unscored.push(`warn: answers of ${entry.name} can't be scored here: ${problem}`);
  }
  for (const line of unscored.slice(0, MAX_WARNED)) note(line);
  if (unscored.length > MAX_WARNED) note(`warn: the same goes for ${unscored.length - MAX_WARNED} more tasks`);
}
