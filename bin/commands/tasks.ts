import type { Command } from 'commander';
import { group } from '../cli/group.ts';
import { tasksLsCommand } from './tasks-ls.ts';
import { tasksReportCommand } from './tasks-report.ts';
import { tasksShowCommand } from './tasks-show.ts';

/** `sampler tasks`: what can be asked for. */
export function tasksCommand(): Command {
  return group('tasks', 'find out which tasks there are and whether they can be sampled', [
    tasksLsCommand(),
    tasksShowCommand(),
    tasksReportCommand(),
  ]);
}
