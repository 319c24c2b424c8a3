import { Command } from 'commander';
import { HARNESS_VERSION } from '../lib/catalogue/catalogue.ts';
import manifest from '../package.json' with { type: 'json' };
import { EXIT, EXIT_CODES } from './cli/exit.ts';
import { setVerbosity } from './cli/output.ts';
import { auditCommand } from './commands/audit.ts';
import { completionCommand } from './commands/completion.ts';
import { dlqCommand } from './commands/dlq.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { lockCommand } from './commands/lock.ts';
import { previewCommand } from './commands/preview.ts';
import { registerCommand } from './commands/register.ts';
import { requestsCommand } from './commands/requests.ts';
import { resultsCommand } from './commands/results.ts';
import { sampleCommand } from './commands/sample.ts';
import { stageCommand } from './commands/stage.ts';
import { tasksCommand } from './commands/tasks.ts';
import { validateCommand } from './commands/validate.ts';

const AFTER = `
Where to: the stack of the environment (DATASETS_BUCKET, POSTGRES_URI, MONGODB_URI, *_QUEUE_URL), else the one of
.local/env, which npm start writes. Results go to standard output, everything else to standard error.

Exit codes:
${EXIT_CODES.map(([name, what]) => `  ${EXIT[name]}  ${name.padEnd(8)}  ${what}`).join('\n')}

A first session:
  $ sampler doctor                                          what is there, what is missing, what to type
  $ sampler stage datasets gsm8k                            its data, from the Hugging Face hub
  $ sampler preview gsm8k                                   what its prompts look like
  $ sampler register gsm8k --wait                           the data into Postgres
  $ sampler sample gsm8k --address A --service S --qty 5 --wait`;

/** The command with all its parts. It throws instead of ending the process. */
export function createProgram(): Command {
  const program = new Command('sampler')
    .description('Stages, looks at and asks for the questions of lm-evaluation-harness tasks.')
    .version(`sampler ${manifest.version}, lm-eval ${HARNESS_VERSION}, node ${process.versions.node}`)
    .showHelpAfterError('(add --help for what it takes)')
    .showSuggestionAfterError()
    .addHelpText('after', AFTER)
    .exitOverride();
  program.addCommand(doctorCommand());
  program.addCommand(stageCommand());
  program.addCommand(tasksCommand());
  program.addCommand(previewCommand());
  program.addCommand(validateCommand());
  program.addCommand(auditCommand());
  program.addCommand(lockCommand());
  program.addCommand(registerCommand());
  program.addCommand(sampleCommand());
  program.addCommand(evaluateCommand());
  program.addCommand(exportCommand());
  program.addCommand(importCommand());
  program.addCommand(resultsCommand());
  program.addCommand(requestsCommand());
  program.addCommand(dlqCommand());
  program.addCommand(completionCommand(() => program));
  // Before the command these two mean the same as behind it.
  withVerbosity(program.enablePositionalOptions());
  settle(program);
  program.hook('preAction', (_, command) => {
    const { quiet, verbose } = command.optsWithGlobals();
    setVerbosity(quiet ? 'quiet' : verbose ? 'verbose' : 'usual');
  });
  return program;
}

/** What commands made by themselves do not take over from their parent, and what each of them has. */
function settle(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    withVerbosity(command);
    settle(command);
  }
}

function withVerbosity(command: Command): void {
  command
    .option('--quiet', 'say nothing but the result and errors')
    .option('--verbose', 'say more, also where an error came from');
}
