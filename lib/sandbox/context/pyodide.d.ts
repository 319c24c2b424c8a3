/** Parts of Pyodide that its types do not tell of. */
declare module 'pyodide/pyodide.asm.mjs' {
  const createPyodideModule: (
    settings: object,
  ) => Promise<{ readonly HEAPU8: Uint8Array; _sbrk(bytes: number): number }>;
  export default createPyodideModule;
}

declare module 'pyodide/pyodide.mjs' {
  export const loadPyodide: (options: object) => Promise<import('pyodide').PyodideAPI>;
}

/** What the types of Node leave out: these can be replaced. */
declare namespace WebAssembly {
  let Module: new (bytes: Uint8Array<ArrayBuffer> | ArrayBuffer) => WebAssembly.Module;
  const Instance: new (module: WebAssembly.Module, imports: object) => object;
  let instantiate: (
    bytes: Uint8Array<ArrayBuffer> | ArrayBuffer | WebAssembly.Module,
    imports: object,
  ) => Promise<{ module: WebAssembly.Module; instance: object }>;
}
