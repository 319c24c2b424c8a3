import type { Command } from 'commander';
import { group } from '../cli/group.ts';
import { stageDatasetsCommand } from './stage-datasets.ts';
import { stageHarnessCommand } from './stage-harness.ts';
import { stageLsCommand } from './stage-ls.ts';
import { stageRmCommand } from './stage-rm.ts';

/** `sampler stage`: what the functions read from the bucket. */
export function stageCommand(): Command {
  return group('stage', 'put task definitions and data sets into the bucket, list and remove them', [
    stageHarnessCommand(),
    stageDatasetsCommand(),
    stageLsCommand(),
    stageRmCommand(),
  ]);
}
