import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigValue } from '../../../lib/catalogue/config-value.ts';
import { FunctionRef } from '../../../lib/catalogue/function-ref.ts';
import { repr } from '../../../lib/python/repr.ts';
import { PyOpaque, PyTuple } from '../../../lib/python/value.ts';

/** The harness's wheel, where the set-up has brought it. */
export const WHEEL = join(import.meta.dirname, '..', '..', '..', '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');
export const hasWheel = existsSync(WHEEL);

const VENV = join(import.meta.dirname, '..', '..', '..', '.cache', 'localstack', 'bin', 'python');
const PYTHON = [VENV, 'python3'].find((python) => spawnSync(python, ['-c', 'import yaml; yaml.CLoader']).status === 0);

/** Whether a Python with PyYAML is there to compare with. */
export const hasPyYaml = PYTHON !== undefined;
if (!hasPyYaml) console.warn('PyYAML is not there: tests that compare with it are skipped');

/** Values are printed with their types, so that 1, 1.0 and "1" differ. */
const ENCODE = `
import json, os, posixpath, sys, yaml, zipfile
class Fn:
    def __init__(self, name): self.name = name
class Loader(yaml.CLoader): pass
def enc(v):
    if v is None or isinstance(v, (bool, str)): return v
    if isinstance(v, int): return {"int": str(v)}
    if isinstance(v, float): return {"float": repr(v)}
    if isinstance(v, list): return [enc(x) for x in v]
    if isinstance(v, dict): return {"dict": [[enc(k), enc(x)] for k, x in v.items()]}
    if isinstance(v, Fn): return {"function": v.name}
    return {"other": [str(v), repr(v)]}
`;

const LOAD_TEXTS = `${ENCODE}
Loader.add_constructor("!function", lambda loader, node: Fn(loader.construct_scalar(node)))
def outcome(text):
    try: return {"value": enc(yaml.load(text.encode("utf-8", "surrogatepass"), Loader=Loader))}
    except Exception as e: return {"refused": True}
json.dump([outcome(text) for text in json.load(sys.stdin)], sys.stdout)
`;

/** Every definition of a wheel, read and resolved by PyYAML and the rules of the harness, in the order of a sorted walk. */
const LOAD_WHEEL = `${ENCODE}
archive = zipfile.ZipFile(sys.argv[1])
files = {n[len("lm_eval/tasks/"):]: n for n in archive.namelist() if n.startswith("lm_eval/tasks/")}
at = [""]
def function(loader, node):
    module, _, name = loader.construct_scalar(node).rpartition(".")
    return Fn(posixpath.normpath(posixpath.join(posixpath.dirname(at[0]), module)) + "." + name)
Loader.add_constructor("!function", function)
known = {}
def load(path):
    if path not in known:
        at[0] = path
        config = yaml.load(archive.read(files[path]), Loader=Loader)
        if "include" in config:
            include = config.pop("include")
            merged = {}
            for other in reversed([include] if isinstance(include, str) else include):
                merged.update(load(posixpath.normpath(posixpath.join(posixpath.dirname(path), other))))
            config = {**merged, **config}
        known[path] = config
    return dict(known[path])
tree = {}
for path in files:
    tree.setdefault(posixpath.dirname(path), []).append(path)
def walk(folder):
    for path in sorted(tree.get(folder, [])): yield path
    below = {f for f in tree if f != folder and posixpath.dirname(f) == folder}
    for other in sorted(below): yield from walk(other)
folders = set()
for path in files:
    folder = posixpath.dirname(path)
    while folder not in folders:
        folders.add(folder); tree.setdefault(folder, []); folder = posixpath.dirname(folder)
tasks = {}
for path in walk(""):
    if path.endswith(".yaml"):
        config = load(path)
        if isinstance(config.get("task"), str): tasks[config["task"]] = [path, enc(config)]
json.dump(tasks, sys.stdout)
`;

/** What PyYAML makes of each text: its value in the form of {@link describeValue}, or that it refuses it. */
export function pyYaml(texts: readonly string[]): ({ value: unknown } | { refused: true })[] {
  return run(LOAD_TEXTS, [], JSON.stringify(texts));
}

/** Path and resolved configuration of every task in a wheel, by name. */
export function pyTasks(wheel: string): Record<string, [path: string, config: unknown]> {
  return run(LOAD_WHEEL, [wheel], '');
}

/** A value in a form that can be compared with what Python prints. */
export function describeValue(value: ConfigValue): unknown {
  if (value instanceof FunctionRef) return { function: value.hook };
  if (typeof value === 'bigint') return { int: String(value) };
  if (typeof value === 'number') return { float: repr(value) };
  if (Array.isArray(value)) return value.map(describeValue);
  if (value instanceof Map) return { dict: [...value].map(([key, item]) => [describeValue(key), describeValue(item)]) };
  if (value instanceof PyOpaque) return { other: [value.str, value.repr] };
  if (value instanceof PyTuple) return value.items.map(describeValue);
  return value;
}

function run<T>(code: string, args: readonly string[], input: string): T {
  const result = spawnSync(PYTHON ?? '', ['-c', code, ...args], { input, maxBuffer: 2 ** 30, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`Python failed: ${result.stderr}`);
  return JSON.parse(result.stdout);
}
