import type { Command } from 'commander';
import { group } from '../cli/group.ts';
import { resultsLsCommand } from './results-ls.ts';
import { resultsShowCommand } from './results-show.ts';

/** `sampler results`: what evaluating found out. */
export function resultsCommand(): Command {
  return group('results', 'look at scores: lists, one task, a page to read through', [
    resultsLsCommand(),
    resultsShowCommand(),
  ]);
}
