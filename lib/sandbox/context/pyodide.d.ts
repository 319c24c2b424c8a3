/** Parts of Pyodide that its types do not tell of. */
declare module 'pyodide/pyodide.asm.mjs' {
  const createPyodideModule: unknown;
  export default createPyodideModule;
}

declare module 'pyodide/pyodide.mjs' {
  export const loadPyodide: (options: object) => Promise<import('pyodide').PyodideAPI>;
}
