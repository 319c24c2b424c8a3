/** Text files by path: modules of the harness (`lm_eval/...`) and of include folders (`include/...`). */
export interface SourceFiles {
  get(path: string): string | undefined;
  has(path: string): boolean;
}

/** Parts of the harness itself that modules of tasks may import. */
export const SHARED_MODULES = /^lm_eval\/(utils|api\/(metrics|registry|filter|instance)|filters\/\w+)\.py$/;
/** All that they may import; what else they name of it (its task classes, models) is no help, and an emulation in the box. */
const CORE = /^lm_eval\/(tasks\/.*|utils|api\/(metrics|registry|filter|instance)|filters\/\w+)\.py$/;
const IMPORT =
  /^[ \t]*(?:from[ \t]+(lm_eval[\w.]*)[ \t]+import[ \t]+\(?([^#\n]*(?:\n[^)\n]*)*?)(?:\)|$)|import[ \t]+(lm_eval[\w.]*))/gm;
/** Names in quotes that may be files beside a module. */
const FILE_NAME = /["']([\w.-]+\.(?:json|jsonl|txt|csv|tsv|yaml|yml))["']/g;

/** The modules at these paths, with all that they import of the harness and the files beside them that they name. */
export function sourcesOf(paths: Iterable<string>, all: SourceFiles): Map<string, string> {
  const found = new Map<string, string>();
  const open = [...paths];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const text = found.has(path) ? undefined : all.get(path);
    if (text === undefined) continue;
    found.set(path, text);
    if (!path.endsWith('.py')) continue;
    open.push(...importsOf(text).filter((candidate) => CORE.test(candidate)));
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    for (const [, name] of text.matchAll(FILE_NAME)) open.push(folder + name);
  }
  return found;
}

/** Where the modules that a text imports may stand. */
function importsOf(text: string): string[] {
  const candidates: string[] = [];
  for (const [, from, names = '', plain] of text.matchAll(IMPORT)) {
    const base = (from ?? plain ?? '').replaceAll('.', '/');
    candidates.push(`${base}.py`, `${base}/__init__.py`);
    for (const [name] of names.matchAll(/\w+/g)) candidates.push(`${base}/${name}.py`);
  }
  return candidates;
}
