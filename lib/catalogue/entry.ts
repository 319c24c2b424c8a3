import { PermanentError } from '../errors/errors.ts';
import { dumps } from '../python/json.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import { type ConfigDict, decodeDict, encodeValue } from './config-value.ts';

/** One task of the catalogue, resolved: its includes merged in, its `fewshot_config.samples` read where a function gives them. */
export interface TaskEntry {
  readonly name: string;
  /** Path of the YAML file that defines it, relative to its root, e.g. `gsm8k/gsm8k.yaml`. */
  readonly yaml: string;
  /** What the harness would construct the task from, in its key order, before `TaskConfig` fills defaults in. */
  readonly config: ConfigDict;
  /** Why the definition can't be used at all (its own class, a missing include, ...); null where it can be read. */
  readonly problem: string | null;
}

/** The entry as a dict that JSON can hold. */
export function encodeEntry(entry: TaskEntry): PyDict {
  return new Map<PyValue, PyValue>([
    ['name', entry.name],
    ['yaml', entry.yaml],
    ['config', encodeValue(entry.config)],
    ['problem', entry.problem],
  ]);
}

const texts = new WeakMap<TaskEntry, string>();

/** What {@link encodeEntry} makes of it, as JSON without white space; written once, as nobody changes an entry. */
export function entryText(entry: TaskEntry): string {
  const known = texts.get(entry);
  if (known !== undefined) return known;
  const text = dumps(encodeEntry(entry), { ensureAscii: false, separators: [',', ':'] });
  texts.set(entry, text);
  return text;
}

/** Reads what {@link encodeEntry} made. @throws PermanentError HarnessNotStaged where it is damaged. */
export function decodeEntry(encoded: PyValue): TaskEntry {
  const fields = isDict(encoded) ? encoded : new Map<PyValue, PyValue>();
  const name = fields.get('name');
  const yaml = fields.get('yaml');
  const problem = fields.get('problem') ?? null;
  if (typeof name !== 'string' || typeof yaml !== 'string' || (problem !== null && typeof problem !== 'string')) {
    throw new PermanentError('HarnessNotStaged', 'A task of the staged catalogue is damaged; stage the harness again.');
  }
  return { name, yaml, config: decodeDict(fields.get('config')), problem };
}
