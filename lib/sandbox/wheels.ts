/** The wheels that score mathematics (localstack/wheels/requirements.lock), which need each other. */
export const MATHEMATICS = [
  'antlr4_python3_runtime-4.11.0-py3-none-any.whl',
  'latex2sympy2_extended-1.10.1-py3-none-any.whl',
  'math_verify-0.7.0-py3-none-any.whl',
  'mpmath-1.3.0-py3-none-any.whl',
  'sympy-1.13.1-py3-none-any.whl',
] as const;
const IMPORTED = /^[ \t]*(?:from|import)[ \t]+(?:sympy|math_verify|latex2sympy2_extended|mpmath|antlr4)\b/m;

/** The wheels of the box's image that these modules import. */
export function wheelsFor(files: ReadonlyMap<string, string>): readonly string[] {
  return [...files.values()].some((text) => IMPORTED.test(text)) ? MATHEMATICS : [];
}
