import { Command } from 'commander';
import type { Check } from '../cli/check.ts';
import { checkHub } from '../cli/checks-hub.ts';
import { checkMachine } from '../cli/checks-machine.ts';
import { checkStack } from '../cli/checks-stack.ts';
import { EXIT } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, withJson } from '../cli/options.ts';
import { print } from '../cli/output.ts';

/** Whoever does not answer within so many milliseconds is not there. */
const PATIENCE_MS = 5_000;
const SIGNS = { ok: '✓', warn: '!', missing: '✗' } as const satisfies Record<Check['state'], string>;

/** `sampler doctor`: what is there, what is missing, what to type. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('look at this machine and the stack: what is there, what is missing, and what to type (exit code 3)')
    .addHelpText('after', examples('doctor', 'doctor --json'));
  return withJson(command).action(() => run(command));
}

async function run(command: Command): Promise<void> {
  const { json } = optionsOf(jsonOption, command);
  const asked = Promise.all([checkHub(PATIENCE_MS), checkStack(PATIENCE_MS)]);
  const checks = [...checkMachine(), ...(await asked).flat()];
  const wrong = checks.filter(({ state }) => state === 'missing');
  print(json, { healthy: wrong.length === 0, checks }, () => text(checks));
  if (wrong.length > 0) process.exitCode = EXIT.negative;
}

function text(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, state, what, type }) => [
    `${SIGNS[state]} ${name.padEnd(width)}  ${what}`,
    ...(type === null ? [] : [`  ${' '.repeat(width)}  → ${type}`]),
  ]);
  const missing = checks.filter(({ state }) => state === 'missing').length;
  const warned = checks.filter(({ state }) => state === 'warn').length;
  const end = missing > 0 ? `${missing} missing` : 'all that is needed is there';
  return [...lines, '', `${end}${warned > 0 ? `, ${warned} to look at` : ''}`].join('\n');
}
