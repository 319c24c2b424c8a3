import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startToyModel, type ToyModel } from '../../localstack/toy-model.ts';
import { type RunningFunctions, startFunctions } from '../helpers/functions.ts';
import { freshStack, type TestStack } from '../helpers/stack.ts';
import { stepsOf, writeStep } from './page-commands.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'own-task.md'), 'utf8');
const shell = promisify(execFile);

let stack: TestStack;
let functions: RunningFunctions;
let model: ToyModel;
beforeAll(async () => {
  stack = await freshStack();
  [functions, model] = await Promise.all([startFunctions(stack.env), startToyModel()]);
});
afterAll(async () => {
  await functions?.stop();
  await model?.stop();
  await stack?.dispose();
});

it('the page of ones own task leads from an empty folder to a score, word for word', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sampler-own-'));
  const bin = join(folder, '.bin');
  mkdirSync(bin);
  // What npx finds in a clone.
  writeFileSync(
    join(bin, 'npx'),
    `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(ROOT, 'bin', 'sampler.mjs')}" "$@"\n`,
  );
  chmodSync(join(bin, 'npx'), 0o755);
  const path = [bin, dirname(process.execPath), process.env['PATH']].join(delimiter);
  const env = { ...stack.env, PATH: path, SERVER: model.url };
  let taskId = 'TASK_ID';
  let printed = '';
  for (const step of stepsOf(PAGE)) {
    if (step.kind === 'file') {
      writeStep(folder, step);
      continue;
    }
    const commands = step.text.replaceAll('TASK_ID', taskId);
    const { stdout } = await shell('sh', ['-ec', commands], { cwd: folder, env });
    printed += stdout;
    taskId = /^([0-9a-f]{24}) {2}my_sums$/m.exec(stdout)?.[1] ?? taskId;
  }
  expect(printed).toContain('nothing found');
  expect(printed).toMatch(/document 3: .*2 shots/);
  expect(printed).toContain('6 answers: 6 responses written');
  // The toy slips at every fourth sum: 12 and 16.
  expect(printed).toMatch(/number +exact_match +0\.6667/);
  expect(readFileSync(join(folder, 'my', 'results.html'), 'utf8')).toContain('my_sums');
}, 600_000);
