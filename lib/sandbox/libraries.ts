import { type Definition, definitionsIn, type Imported, type PythonModule } from './python-module.ts';
import type { SourceFiles } from './sources.ts';
import { LIBRARIES } from './wheels.ts';

/** Packages that importing gives a placeholder for: using them is refused (`REFUSED`, lib/sandbox/python/sampler_box/loader.py). */
export const PLACEHOLDERS: ReadonlySet<string> = new Set(
  `antlr4 bert_score bigbench bs4 comet emoji errant evaluate fugashi fuzzywuzzy html2text httpx huggingface_hub immutabledict jieba jinja2
   jsonschema kstar_planner langcodes langdetect lark latex2sympy2_extended levenshtein Levenshtein math_verify matplotlib MeCab mpmath nagisa
   neologdn nltk packaging pandas pddl PIL pkg_resources psutil pyarrow pycountry pytablewriter pythainlp radgraph regex requests rouge
   rouge_score sacrebleu scipy sentencepiece sklearn spacy sympy tarski tiktoken tinyBenchmarks tokenizers torch tqdm transformers unitxt
   wonderwords word2number yaml accelerate peft vllm jsonlines more_itertools joblib absl zstandard pybind11 dill sqlitedict numexpr
   typepy tcolorpy tabledata pathvalidate chardet filelock fsspec multiprocess xxhash`.split(/\s+/),
);

/** Packages that the runtime emulates. */
const EMULATED: ReadonlySet<string> = new Set(['datasets', 'numpy', 'tqdm']);

/** Modules of Python's own library that the box has. */
export const STANDARD: ReadonlySet<string> = new Set(
  `__future__ abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 cProfile calendar cmath cmd code codecs
   codeop collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg csv dataclasses datetime decimal
   difflib dis doctest email encodings enum errno faulthandler filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt
   getpass gettext glob graphlib gzip hashlib heapq hmac html http imaplib importlib inspect io ipaddress itertools json keyword
   linecache locale logging mailbox marshal math mimetypes mmap modulefinder multiprocessing netrc ntpath numbers opcode operator
   optparse os pathlib pdb pickle pickletools pkgutil platform plistlib poplib posix posixpath pprint profile pstats py_compile pyclbr
   pydoc queue quopri random re reprlib rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtplib socket
   socketserver stat statistics string stringprep struct subprocess symtable sys sysconfig tabnanny tarfile tempfile textwrap threading
   time timeit token tokenize tomllib trace traceback tracemalloc types typing unicodedata unittest urllib uuid warnings wave weakref
   webbrowser wsgiref xml xmlrpc zipapp zipfile zipimport zlib zoneinfo`.split(/\s+/),
);

/**
 * The libraries that a function uses and the box lacks, sorted: those that it, or what it calls of its module and of the harness,
 * names; and those that its module can't be loaded without. Read from the text, so that what only data decides is not seen.
 */
export function missingLibraries(
  { path, name }: { readonly path: string; readonly name: string },
  sources: SourceFiles,
): string[] {
  const missing = new Set<string>();
  const seen = new Set<string>();
  const modules = new Map<string, PythonModule>();
  const open: [path: string, name: string][] = [[path, name]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [at, wanted] = next;
    if (seen.has(`${at} ${wanted}`)) continue;
    seen.add(`${at} ${wanted}`);
    const text = sources.get(at);
    if (text === undefined) continue;
    const module = modules.get(at) ?? definitionsIn(text);
    modules.set(at, module);
    for (const library of module.required) if (!isKnown(library)) missing.add(library);
    const { uses, imports } = module.names.get(wanted) ?? NOTHING;
    const given = uses.flatMap((used) => {
      const definition = module.names.get(used);
      if (definition) open.push([at, used]);
      return definition?.imports ?? [];
    });
    for (const imported of [...imports, ...given]) {
      const root = imported.module.split('.')[0] ?? '';
      // Of a whole module counts what is named along with it.
      if (root === 'lm_eval') open.push(...harnessNames(imported, uses, sources));
      else if (isMissing(root)) missing.add(root);
    }
  }
  return [...missing].sort();
}

const NOTHING: Definition = { uses: [], imports: [], passesThrough: false };

function isMissing(root: string): boolean {
  return !STANDARD.has(root) && !EMULATED.has(root) && !LIBRARIES.has(root);
}

/** Whether importing it works, if only to give a placeholder. */
function isKnown(root: string): boolean {
  return root === 'lm_eval' || PLACEHOLDERS.has(root) || !isMissing(root);
}

/** What is taken of a module of the harness: the name itself, or, of a whole module, whatever is used along with it. */
function harnessNames(
  { module, name }: Imported,
  uses: readonly string[],
  sources: SourceFiles,
): [path: string, name: string][] {
  const base = module.replaceAll('.', '/');
  const files = [`${base}.py`, `${base}/__init__.py`].filter((file) => sources.has(file));
  if (name !== null) {
    const whole = `${base}/${name}.py`;
    return [
      ...files.map((file): [string, string] => [file, name]),
      ...(sources.has(whole) ? uses.map((used): [string, string] => [whole, used]) : []),
    ];
  }
  return files.flatMap((file) => uses.map((used): [string, string] => [file, used]));
}
