import type { Command } from 'commander';
import { group } from '../cli/group.ts';
import { stageDatasetsCommand } from './stage-datasets.ts';
import { stageHarnessCommand } from './stage-harness.ts';

/** `sampler stage`: what the functions read from the bucket. */
export function stageCommand(): Command {
  return group('stage', 'put task definitions and data sets into the bucket', [
    stageHarnessCommand(),
    stageDatasetsCommand(),
  ]);
}
