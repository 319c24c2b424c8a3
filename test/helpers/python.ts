import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { isDict, PyOpaque, PyTuple, type PyValue } from '../../lib/python/value.ts';

/** What a call gave: a value, or the name of the exception's class. */
export type Outcome = { value: PyValue } | { error: string };

/** Python's side: one JSON line `[function, [arguments, ...]]` in, one line of outcomes out; values are tagged. */
const SERVER = `
import json, math, sys
def enc(v):
    if v is None or v is True or v is False: return v
    if isinstance(v, int): return ["i", str(v)]
    if isinstance(v, float): return ["f", repr(v)]
    if isinstance(v, str): return v
    if isinstance(v, (bytes, set, complex)) or v is ...: return ["b", repr(v)]
    if isinstance(v, list): return ["l", [enc(x) for x in v]]
    if isinstance(v, tuple): return ["t", [enc(x) for x in v]]
    if isinstance(v, dict): return ["d", [[enc(k), enc(x)] for k, x in v.items()]]
    return ["o", type(v).__name__]
def dec(v):
    if not isinstance(v, list): return v
    tag, x = v
    if tag == "i": return int(x)
    if tag == "f": return float(x)
    if tag == "l": return [dec(y) for y in x]
    if tag == "t": return tuple(dec(y) for y in x)
    return {dec(k): dec(y) for k, y in x}
def call(f, args):
    try: return {"value": enc(f(*[dec(a) for a in args]))}
    except Exception as e: return {"error": type(e).__name__}
if hasattr(sys, "set_int_max_str_digits"): sys.set_int_max_str_digits(4300)
import warnings
warnings.simplefilter("ignore")
CODE
for line in sys.stdin:
    name, calls = json.loads(line)
    f = globals()[name]
    print(json.dumps([call(f, args) for args in calls]), flush=True)
`;

const probe = spawnSync('python3', ['-c', 'import unicodedata; print(unicodedata.unidata_version)'], {
  encoding: 'utf8',
});

/** Whether a Python is there to compare with. */
export const hasPython = probe.status === 0;

/** The version that this Python has of a package that is not part of it, e.g. `pydantic`; empty where it has none. */
export function packageVersion(name: string): string {
  const asked = `import importlib.metadata as m; print(m.version(${JSON.stringify(name)}))`;
  const { status, stdout } = spawnSync('python3', ['-c', asked], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

/** Whether this Python has a package installed, without importing it: some import for seconds, or import others that are not there. */
export function hasDistribution(name: string): boolean {
  if (!hasPython) return false;
  const code = 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)';
  return spawnSync('python3', ['-c', code, name], { stdio: 'ignore' }).status === 0;
}

/** The version of Unicode that this Python knows, e.g. `14.0.0` (Python 3.11); empty without Python. */
export const pythonUnicode = hasPython ? probe.stdout.trim() : '';

/** The real Python, to compare with: one process, whose functions are called in batches. */
export class Python {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;

  /** @param code Python that defines the functions to call; standard library only */
  constructor(code: string) {
    this.#process = spawn('python3', ['-c', SERVER.replace('CODE', () => code)], {
      env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    });
    this.#process.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#process.stdout });
  }

  /** Calls a function once for each list of arguments. Calls must not overlap. */
  async call(name: string, calls: readonly (readonly PyValue[])[]): Promise<Outcome[]> {
    this.#process.stdin.write(`${JSON.stringify([name, calls.map((args) => args.map(encode))])}\n`);
    const [line] = await once(this.#lines, 'line');
    const outcomes: unknown = JSON.parse(String(line));
    if (!Array.isArray(outcomes)) throw new Error(`Python answered ${line}`);
    return outcomes.map((outcome) => ('error' in outcome ? outcome : { value: decode(outcome.value) }));
  }

  /** As {@link call}, for functions that never raise. */
  async values(name: string, calls: readonly (readonly PyValue[])[]): Promise<PyValue[]> {
    const outcomes = await this.call(name, calls);
    return outcomes.map((outcome, i) => {
      if ('error' in outcome) throw new Error(`Python's ${name} raised ${outcome.error} for ${String(calls[i])}`);
      return outcome.value;
    });
  }

  /** Ends the process. */
  close(): void {
    this.#process.stdin.end();
  }
}

/** Calls our function the same way; exceptions of ours are named after Python's, without `Py`. */
export function outcomeOf(call: () => PyValue): Outcome {
  try {
    return { value: call() };
  } catch (error) {
    if (error instanceof Error) return { error: error.name.replace(/^Py/, '') };
    throw error;
  }
}

function encode(value: PyValue): unknown {
  if (typeof value === 'bigint') return ['i', value.toString()];
  if (typeof value === 'number') return ['f', Object.is(value, -0) ? '-0.0' : String(value).replace('Infinity', 'inf')];
  if (Array.isArray(value)) return ['l', value.map(encode)];
  if (value instanceof PyTuple) return ['t', value.items.map(encode)];
  if (value instanceof PyOpaque) throw new Error('opaque values cannot be sent to Python');
  if (isDict(value)) return ['d', [...value].map(([key, item]) => [encode(key), encode(item)])];
  return value;
}

function decode(raw: unknown): PyValue {
  if (raw === null || typeof raw === 'boolean' || typeof raw === 'string') return raw;
  if (!Array.isArray(raw)) throw new Error(`Python sent ${JSON.stringify(raw)}`);
  const [tag, content]: unknown[] = raw;
  if (tag === 'i') return BigInt(String(content));
  if (tag === 'f') return Number(String(content).replace('inf', 'Infinity').replace('nan', 'NaN'));
  if (tag === 'b' || tag === 'o' || !Array.isArray(content))
    return new PyOpaque(String(content), String(content), undefined);
  if (tag === 'l') return content.map(decode);
  if (tag === 't') return new PyTuple(content.map(decode));
  return new Map(content.map(([key, item]: [unknown, unknown]) => [decode(key), decode(item)]));
}
