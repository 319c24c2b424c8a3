import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvFile } from 'node:process';

/** The folder of the repository. */
export const ROOT = join(import.meta.dirname, '..', '..');
/** What `npm start` writes. */
export const LOCAL_ENV = join(ROOT, '.local', 'env');
/** An environment that sets one of these means another stack than the local one, as a whole. */
export const STACK_VARIABLES = [
  'DATASETS_BUCKET',
  'POSTGRES_URI',
  'MONGODB_URI',
  'REGISTER_QUEUE_URL',
  'SAMPLE_QUEUE_URL',
  'SHARD_QUEUE_URL',
  'EVALUATE_QUEUE_URL',
] as const;

/** Where a command's stack comes from. */
export type StackChoice = 'environment' | 'local' | 'none';
let choice: StackChoice | undefined;

/** Takes the stack from `.local/env` unless the environment names one. */
export function loadLocalEnv(): void {
  choice = namedByEnvironment().length > 0 ? 'environment' : existsSync(LOCAL_ENV) ? 'local' : 'none';
  if (choice === 'local') loadEnvFile(LOCAL_ENV);
}

/** Where the stack of this process comes from. */
export function stackChoice(): StackChoice {
  return choice ?? (namedByEnvironment().length > 0 ? 'environment' : 'none');
}

/** The variables of a stack that are set. */
export function namedByEnvironment(): string[] {
  return STACK_VARIABLES.filter((name) => process.env[name]);
}

/** What to do where a part of the stack is not named (`unset`) or does not answer (`away`): a sentence with a space before it. */
export function stackAdvice(problem: 'unset' | 'away'): string {
  const chosen = stackChoice();
  if (chosen === 'local')
    return ' It is the stack of .local/env, which npm start wrote: is it running? Start it: npm start. What of it answers: npx sampler doctor';
  if (chosen === 'none') return ' There is no stack here yet. Start one, in another terminal: npm start';
  const names = namedByEnvironment();
  const named = names.length > 2 ? `${names.slice(0, 2).join(', ')} and others` : names.join(' and ');
  if (existsSync(LOCAL_ENV)) {
    return ` The environment sets ${named}, so that .local/env, the stack of npm start, is not read. For that one: unset ${names.join(' ')}`;
  }
  return problem === 'unset'
    ? ` The environment sets ${named}: set this one too, or none of them and use the stack of: npm start`
    : ` Is what it asks running, and does the environment name it rightly? See: npx sampler doctor`;
}
