import type { Command } from 'commander';
import { group } from '../cli/group.ts';
import { dlqLsCommand } from './dlq-ls.ts';
import { dlqRedriveCommand } from './dlq-redrive.ts';
import { dlqRmCommand } from './dlq-rm.ts';
import { dlqShowCommand } from './dlq-show.ts';

/** `sampler dlq`: messages that were refused or abandoned. */
export function dlqCommand(): Command {
  return group('dlq', 'look into the dead-letter queues, send messages back or remove them', [
    dlqLsCommand(),
    dlqShowCommand(),
    dlqRedriveCommand(),
    dlqRmCommand(),
  ]);
}
