import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import * as z from 'zod';
import { tasksPage } from '../../lib/catalogue/staging/report.ts';
import { wheelPath } from '../cli/catalogue.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, withJson } from '../cli/options.ts';
import { print } from '../cli/output.ts';
import { ROOT } from '../cli/stack-choice.ts';

/** `sampler tasks report`: writes docs/tasks.md. */
export function tasksReportCommand(): Command {
  const command = new Command('report')
    .description('write docs/tasks.md: how many tasks can be sampled, and why not the rest')
    .option('--wheel <FILE>', 'the wheel of lm-eval (default: the one that the set-up brings)')
    .addHelpText('after', examples('tasks report'));
  return withJson(command).action(() => run(command));
}

async function run(command: Command): Promise<void> {
  const options = optionsOf({ ...jsonOption, wheel: z.string().optional() }, command);
  const file = join(ROOT, 'docs', 'tasks.md');
  writeFileSync(file, await tasksPage(wheelPath(options.wheel)));
  print(options.json, { written: file }, () => `written: ${file}`);
}
