/** The command itself: reads its arguments and runs what they name, on the stack that the environment or .local/env names. */
import { reportError } from './cli/report-error.ts';
import { loadLocalEnv } from './cli/stack-choice.ts';
import { createProgram } from './program.ts';

// Whoever reads may have seen enough (`| head`).
process.stdout.on('error', (error) => {
  process.exit('code' in error && error.code === 'EPIPE' ? 0 : reportError(error));
});
const calledFrom = process.env['SAMPLER_CWD'];
if (calledFrom) process.chdir(calledFrom);
try {
  loadLocalEnv();
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
// Its work is done and told: what is still tried, as a connection to who does not answer, keeps nobody waiting.
await Promise.all([process.stdout, process.stderr].map((out) => new Promise((told) => out.write('', told))));
process.exit();
