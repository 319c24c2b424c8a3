import { dumps, loads } from '../python/json.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import type { FunctionResult } from '../sandbox/client.ts';
import { tagged, untagged } from '../sandbox/tagged.ts';
import type { ProcessedDoc } from './run.ts';

const COMPACT = { ensureAscii: true, separators: [',', ':'] } as const;
const MAX_DEPTH = 220;

/** What is kept of a document beside its row's id, as text; null where there is nothing to keep. */
export function encodeDoc({ differing, values }: Pick<ProcessedDoc, 'differing' | 'values'>): string | null {
  if (differing.size === 0 && values.size === 0) return null;
  const results = [...values].map(([field, result]): [PyValue, PyValue] => [field, encodeResult(result)]);
  const columns = [...differing].map(([name, value]): [PyValue, PyValue] => [name, tagged(value)]);
  return dumps([new Map(columns), new Map(results)], COMPACT);
}

/** Reads what {@link encodeDoc} made. @throws Error where it is damaged */
export function decodeDoc(text: string | null): Pick<ProcessedDoc, 'differing' | 'values'> {
  if (text === null) return { differing: new Map(), values: new Map() };
  const stored = loads(text, { maxDepth: MAX_DEPTH });
  const [columns, results] = Array.isArray(stored) ? stored : [];
  return {
    differing: new Map([...dict(columns)].map(([name, value]) => [String(name), untagged(value)])),
    values: new Map([...dict(results)].map(([field, result]) => [String(field), decodeResult(result)])),
  };
}

function encodeResult(result: FunctionResult): PyValue {
  return 'error' in result ? [result.error, result.message] : [tagged(result.value)];
}

function decodeResult(stored: PyValue): FunctionResult {
  const [first = null, message] = Array.isArray(stored) ? stored : [];
  return message === undefined ? { value: untagged(first) } : { error: String(first), message: String(message) };
}

function dict(value: PyValue | undefined): PyDict {
  if (value !== undefined && isDict(value)) return value;
  throw new Error('what is stored of a document is damaged');
}
