import { SUPPORTED_HOOKS } from '../../hooks/registry.ts';
import type { TaskEntry } from '../entry.ts';
import { hooksOf, type Support, supportOf } from '../support.ts';
import { compileHarness } from './compile.ts';

/** Folders and functions in the page's longer tables. */
const MAX_ROWS = 30;

interface Judged {
  readonly entry: TaskEntry;
  readonly support: Support;
  readonly ours: boolean;
}

/**
 * The page `docs/tasks.md`: how many of the harness's tasks can be sampled, and why the rest can't.
 * @throws PermanentError Configuration where the file is no wheel of the version in use.
 */
export async function tasksPage(wheelPath: string): Promise<string> {
  const { version, entries, wheel } = await compileHarness(wheelPath);
  const judged = entries.map((entry) => ({
    entry,
    support: supportOf(entry, SUPPORTED_HOOKS),
    ours: !wheel.tasks.has(entry.name),
  }));
  return `${[
    '# Which tasks can be sampled',
    'Generated from the harness and `lib/hooks/registry.ts` by `npx sampler tasks report`; not edited by hand.',
    ...summary(judged, version),
    ...reasons(judged),
    ...folders(judged),
    ...missingHooks(judged),
    ...clashes(wheel.clashes),
  ].join('\n\n')}\n`;
}

function summary(judged: readonly Judged[], version: string): string[] {
  const theirs = judged.filter(({ ours }) => !ours);
  const defined = theirs.filter(({ entry }) => !entry.config.has('class'));
  const supported = judged.filter(({ support }) => support.supported);
  const scoringOnly = supported.filter(
    ({ entry }) => hooksOf(entry.config, 'scoring').length > 0 && hooksOf(entry.config, 'sampling').length === 0,
  );
  const plain = supported.filter(
    ({ entry }) => hooksOf(entry.config, 'scoring').length === 0 && hooksOf(entry.config, 'sampling').length === 0,
  );
  const hooked = defined.filter(({ entry }) => hooksOf(entry.config, 'sampling').length > 0);
  const ofOurs = supported.filter(
    ({ entry }) =>
      hooksOf(entry.config, 'sampling').length > 0 &&
      hooksOf(entry.config, 'sampling').every((hook) => SUPPORTED_HOOKS.has(hook)),
  );
  return [
    `lm-eval ${version} defines ${defined.length} tasks in YAML and ${theirs.length - defined.length} as Python classes; ${judged.length - theirs.length} are our own.`,
    table(
      ['Tasks', 'Count'],
      [
        ['**Can be sampled**', String(supported.length)],
        ['of these: generate_until', String(countType(supported, 'generate_until'))],
        ['of these: multiple_choice', String(countType(supported, 'multiple_choice'))],
        ['of these: loglikelihood', String(countType(supported, 'loglikelihood'))],
        ['of these: without any Python function', String(plain.length)],
        [
          'of these: with Python functions that only score answers, which asking does not need',
          String(scoringOnly.length),
        ],
        ['of these: with Python functions that this product has in TypeScript', String(ofOurs.length)],
        [
          'of these: with Python functions that are run in the sandbox when the task is registered',
          String(supported.length - plain.length - scoringOnly.length - ofOurs.length),
        ],
        ['In YAML, with a Python function that asking needs', String(hooked.length)],
      ],
    ),
    'A multiple_choice task is asked on `/v1/completions`; on the chat path its `<name>_generative` twin is, where the harness has one. Tasks of output_type loglikelihood are asked on `/v1/completions` only.',
  ];
}

function reasons(judged: readonly Judged[]): string[] {
  const counts = count(
    judged.flatMap(({ support }) =>
      support.supported
        ? []
        : [support.obstacle === 'hook' ? 'needs a Python function where only its value would do' : support.reason],
    ),
  );
  return ['## Why the rest cannot', table(['Reason', 'Tasks'], counts)];
}

function folders(judged: readonly Judged[]): string[] {
  const theirs = judged.filter(({ ours }) => !ours);
  const all = new Map(count(theirs.map(topFolder)));
  const supported = new Map(count(theirs.filter(({ support }) => support.supported).map(topFolder)));
  const rows = [...all]
    .slice(0, MAX_ROWS)
    .map(([folder, tasks]) => [`\`${folder}\``, tasks, supported.get(folder) ?? '0']);
  return [
    `## By folder\n\nThe ${rows.length} largest of ${all.size} folders of the harness.`,
    table(['Folder', 'Tasks', 'Can be sampled'], rows),
  ];
}

function missingHooks(judged: readonly Judged[]): string[] {
  const missing = judged.flatMap(({ support }) =>
    support.supported || support.hook === undefined ? [] : [support.hook],
  );
  if (missing.length === 0) return [];
  const counts = count(missing);
  const rows = counts.slice(0, MAX_ROWS).map(([hook = '', tasks = '']) => [`\`${hook}\``, tasks]);
  return [
    `## Missing Python functions\n\n${counts.length} functions are missing; these ${rows.length} would be asked for most often. A task may need several.`,
    table(['Function', 'Tasks'], rows),
  ];
}

function clashes(names: ReadonlyMap<string, readonly string[]>): string[] {
  return [
    `## Names that the harness defines twice\n\nWhich file counts there depends on the order of the file system; here the last one in sorted order does. ${names.size} names:`,
    [...names.keys()]
      .sort()
      .map((name) => `\`${name}\``)
      .join(', '),
  ];
}

function countType(judged: readonly Judged[], type: string): number {
  return judged.filter(({ support }) => support.supported && support.config.output_type === type).length;
}

function topFolder({ entry }: Judged): string {
  return entry.yaml.split('/')[0] ?? '';
}

/** Each value with its number, the most frequent first. */
function count(values: readonly string[]): [string, string][] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([value, n]) => [value, String(n)]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
