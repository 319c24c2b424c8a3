/** The operator's command: `npx sampler ...` or `npm run sampler -- ...`; described in docs/cli.md and by `--help`. */
import { reportError } from './cli/report-error.ts';
import { loadLocalEnv } from './cli/stack-choice.ts';
import { createProgram } from './program.ts';

// Whoever reads may have seen enough (`| head`).
process.stdout.on('error', (error) => {
  process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1);
});
const calledFrom = process.env['SAMPLER_CWD'];
if (calledFrom) process.chdir(calledFrom);
try {
  loadLocalEnv();
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
