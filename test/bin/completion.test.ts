import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { completionFor, SHELLS } from '../../bin/cli/completion.ts';
import { createProgram } from '../../bin/program.ts';
import { samplerHere } from './cli.ts';

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

/** What bash offers for a line that ends in the word that is begun. */
function offered(...words: string[]): string[] {
  const script = `${completionFor('bash', createProgram())}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1))
${words[0] === 'npx' ? '_sampler_npx' : '_sampler'}; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim().split('\n');
}

describe.skipIf(!has('bash'))('in bash (skipped where there is none)', () => {
  it.each([
    [['sampler', 'sa'], ['sample']],
    [['npx', 'sa'], ['sampler']],
    [
      ['npx', 'sampler', 'stage', ''],
      ['harness', 'datasets', 'ls', 'rm', '--help'],
    ],
    [['sampler', 'dlq', 're'], ['redrive']],
    [['sampler', 'requests', 'show', '--pro'], ['--prompts']],
    [
      ['sampler', 'requests', 'ls', '--state', 'sw'],
      ['sweeping', 'swept'],
    ],
    [['sampler', 'completion', 'f'], ['fish']],
  ])('%j is completed to %j', (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });
});

it.each(SHELLS)('%s reads the completion that is written for it (skipped where it is missing)', async (shell) => {
  const { code, stdout } = await samplerHere(['completion', shell]);
  expect(code).toBe(0);
  for (const name of ['doctor', 'redrive', 'completion', 'validate']) expect(stdout).toContain(name);
  if (!has(shell)) return;
  const { status, stderr } = spawnSync(shell, ['-n'], { input: stdout, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});

it('another shell is refused as wrong usage', async () => {
  expect(await samplerHere(['completion', 'csh'])).toMatchObject({ code: 2, stdout: '' });
});
