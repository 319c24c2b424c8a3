/** The wheels that score mathematics (localstack/wheels/requirements.lock), which need each other. */
export const MATHEMATICS = [
  'antlr4_python3_runtime-4.11.0-py3-none-any.whl',
  'latex2sympy2_extended-1.10.1-py3-none-any.whl',
  'math_verify-0.7.0-py3-none-any.whl',
  'mpmath-1.3.0-py3-none-any.whl',
  'sympy-1.13.1-py3-none-any.whl',
] as const;

const SIX = 'six-1.17.0-py2.py3-none-any.whl';

/** Packages that wheels of the box's image hold, each with all wheels that it needs. */
export const LIBRARIES: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...['sympy', 'math_verify', 'latex2sympy2_extended', 'mpmath', 'antlr4'].map((name): [string, readonly string[]] => [
    name,
    MATHEMATICS,
  ]),
  // The harness names them without python-Levenshtein, which gives other ratios.
  ['fuzzywuzzy', ['fuzzywuzzy-0.18.0-py2.py3-none-any.whl']],
  ['rouge', ['rouge-1.0.1-py3-none-any.whl', SIX]],
  ['six', [SIX]],
]);
const IMPORTED = /^[ \t]*(?:from|import)[ \t]+(\w+)/gm;

/** The wheels of the box's image that these modules import. */
export function wheelsFor(files: ReadonlyMap<string, string>): readonly string[] {
  const imported = [...files.values()].flatMap((text) => [...text.matchAll(IMPORTED)].map(([, name = '']) => name));
  return [...new Set(imported.flatMap((name) => LIBRARIES.get(name) ?? []))].sort();
}
