import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { completionFor, SHELLS, type Shell } from '../../bin/cli/completion.ts';
import { createProgram } from '../../bin/program.ts';
import { samplerHere } from './cli.ts';

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

/** What a shell offers for a line that ends in the word that is begun; files of the folder are `FILES`. */
const OFFERED: Record<Shell, (words: readonly string[]) => string> = {
  bash: (words) => `COMP_WORDS=(${quoted(words)}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1))
${words[0] === 'npx' ? '_sampler_npx' : '_sampler'}; printf '%s\\n' "\${COMPREPLY[@]:-FILES}"`,
  // What zsh's completion calls, where no line is being edited.
  zsh: (words) => `words=(${quoted(words)}); CURRENT=\${#words}
begun() { local each; for each in "$@"; do [[ "$each" == "\${words[CURRENT]}"* ]] && print -r -- "\${each%%:*}"; done }
_describe() { local -a of=("\${(@P)@[-1]}"); begun "\${of[@]}" }
compadd() { shift; begun "$@" }
_files() { print FILES }
${words[0] === 'npx' ? '_sampler_npx' : '_sampler'}`,
  fish: (words) => `cd (mktemp -d); touch FILES; complete -C '${words.join(' ')}' | string replace -r '\t.*' ''`,
};

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' ');
}

function scriptOf(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'sampler-completion-')), 'script');
  writeFileSync(file, text);
  return file;
}

function offered(shell: Shell, words: readonly string[]): string[] {
  const before = shell === 'zsh' ? 'compdef() { :; }\n' : '';
  const script = `${before}${completionFor(shell, createProgram())}\n${OFFERED[shell](words)}`;
  const file = scriptOf(script);
  const { stdout, stderr } = spawnSync(shell, shell === 'zsh' ? ['-f', file] : [file], { encoding: 'utf8' });
  return (stdout.trim() || stderr).split('\n').sort();
}

describe.each(SHELLS)('in %s (skipped where it is missing)', (shell) => {
  it.skipIf(!has(shell)).each([
    [['sampler', 'sa'], ['sample']],
    [['npx', 'sa'], ['sampler']],
    [
      ['npx', 'sampler', 'stage', ''],
      ['datasets', 'harness', 'ls', 'rm'],
    ],
    [['sampler', 'dlq', 're'], ['redrive']],
    [['npx', 'sampler', 'requests', 'show', '--pro'], ['--prompts']],
    [
      ['sampler', 'requests', 'ls', '--state', 'sw'],
      ['sweeping', 'swept'],
    ],
    [
      ['npx', 'sampler', 'requests', 'ls', '--state', 'sw'],
      ['sweeping', 'swept'],
    ],
    [['sampler', 'completion', 'f'], ['fish']],
    [['sampler', 'import', 'FI'], ['FILES']],
  ])('%j is completed to %j', (words, expected) => {
    const found = offered(shell, words);
    expect(found.filter((word) => words.at(-1) !== '' || !word.startsWith('-'))).toEqual(expected);
  });
});

it.each(SHELLS)('%s reads the completion that is written for it (skipped where it is missing)', async (shell) => {
  const { code, stdout } = await samplerHere(['completion', shell]);
  expect(code).toBe(0);
  for (const name of ['doctor', 'redrive', 'completion', 'validate']) expect(stdout).toContain(name);
  if (!has(shell)) return;
  const { status, stderr } = spawnSync(shell, ['-n', scriptOf(stdout)], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});

it('another shell is refused as wrong usage', async () => {
  expect(await samplerHere(['completion', 'csh'])).toMatchObject({ code: 2, stdout: '' });
});
