import type { Command } from 'commander';
import { group } from '../cli/group.ts';
import { requestsLsCommand } from './requests-ls.ts';
import { requestsShowCommand } from './requests-show.ts';

/** `sampler requests`: what became of requests. */
export function requestsCommand(): Command {
  return group('requests', 'see how requests stand', [requestsLsCommand(), requestsShowCommand()]);
}
