import { PermanentError } from '../errors/errors.ts';

/** What a task's prompts on one path were when they were locked. */
export interface LockedTask {
  readonly task: string;
  readonly path: string;
  /** The task that is rendered in its place, or the same. */
  readonly resolvedTask: string;
  /** The harness's version. */
  readonly harness: string;
  /** The data set's name and the version of its data. */
  readonly data: string;
  /** What was asked for besides the task, as options of the command line. */
  readonly settings: Readonly<Record<string, string>>;
  /** `plan_hash` of a request for all its documents. */
  readonly plan: string;
  /** Over all of the above and all documents: SHA-256 in hexadecimal digits. */
  readonly hash: string;
  /** By document, in the order in which they are asked: 16 hexadecimal digits of all its prompts, or `!` and why it fails. */
  readonly documents: ReadonlyMap<number, string>;
}

const HEAD = 'prompts.lock 2';
/** The first form had no last line, so that nothing told where it was cut off between two tasks. */
const FIRST_HEAD = 'prompts.lock 1';
const FIELDS = ['path', 'resolved', 'harness', 'data', 'settings', 'plan', 'hash', 'documents'] as const;

/** The text of a lock: one line for each fact and each document, so that a change is a line in a diff; a last one says that it is whole. */
export function writeLock(tasks: readonly LockedTask[]): string {
  const stanzas = tasks.map(({ task, path, resolvedTask, harness, data, settings, plan, hash, documents }) => {
    const facts = {
      path,
      resolved: resolvedTask,
      harness,
      data,
      settings: JSON.stringify(settings),
      plan,
      hash,
      documents: `${documents.size}`,
    };
    return [
      `task ${task}`,
      ...FIELDS.map((name) => `${name} ${facts[name]}`),
      ...[...documents].map(([id, digits]) => `${id} ${digits}`),
    ].join('\n');
  });
  return `${[HEAD, ...stanzas, `end ${tasks.length}`].join('\n\n')}\n`;
}

/**
 * Reads what {@link writeLock} wrote.
 * @throws PermanentError Configuration naming the line that is none
 */
export function readLock(name: string, text: string): LockedTask[] {
  // Editors may end lines otherwise, and put a mark of the byte order in front.
  const lines = text
    .replace(/^\ufeff/, '')
    .replaceAll('\r\n', '\n')
    .split('\n');
  if (lines[0] !== HEAD && lines[0] !== FIRST_HEAD) throw broken(name, 1, `it has to begin with "${HEAD}"`);
  const tasks: LockedTask[] = [];
  let end: string | undefined;
  for (let at = 1; at < lines.length; ) {
    if (lines[at] === '') {
      at++;
      continue;
    }
    if (end !== undefined) throw broken(name, at + 1, 'something follows its end');
    if (lines[at]?.startsWith('end ')) {
      end = lines[at++];
      continue;
    }
    const task = fact(name, lines, at, 'task');
    const values = FIELDS.map((field, i) => fact(name, lines, at + 1 + i, field));
    const [path = '', resolvedTask = '', harness = '', data = '', settings = '', plan = '', hash = '', count = ''] =
      values;
    const start = at + 1 + FIELDS.length;
    const documents = new Map<number, string>();
    for (at = start; at < lines.length && lines[at] !== ''; at++) {
      const [, id, digits] = /^(\d{1,15}) ([0-9a-f]{16}|!\w+)$/.exec(lines[at] ?? '') ?? [];
      if (id === undefined || digits === undefined) throw broken(name, at + 1, 'it is no document and its hash');
      documents.set(Number(id), digits);
    }
    if (String(documents.size) !== count)
      throw broken(name, start, `${count} documents are announced, and ${documents.size} follow`);
    tasks.push({
      task,
      path,
      resolvedTask,
      harness,
      data,
      settings: settingsOf(name, start, settings),
      plan,
      hash,
      documents,
    });
  }
  if (lines[0] === HEAD && end !== `end ${tasks.length}`) {
    throw broken(name, lines.length, `"end ${tasks.length}" is expected there: tasks are missing`);
  }
  return tasks;
}

function fact(name: string, lines: readonly string[], at: number, field: string): string {
  const line = lines[at] ?? '';
  if (line.startsWith(`${field} `)) return line.slice(field.length + 1);
  throw broken(name, at + 1, `"${field}" is expected there`);
}

function settingsOf(name: string, line: number, text: string): Record<string, string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = null;
  }
  if (typeof json !== 'object' || json === null) throw broken(name, line, 'its settings are no JSON object');
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, String(value)]));
}

function broken(name: string, line: number, why: string): PermanentError {
  return new PermanentError(
    'Configuration',
    `${name}, line ${line}: ${why}. Write it anew: npx sampler lock TASK > ${name}`,
  );
}
