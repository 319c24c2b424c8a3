import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Service } from './service-file.ts';

/** esbuild's plugin that keeps what V8 makes of bundles beside them, as in a deployment (deploy/compile-bundles.cjs). */
export const { plugin: compileBundles }: { plugin: () => Plugin } = createRequire(import.meta.url)(
  '../deploy/compile-bundles.cjs',
);

/**
 * Bundles the functions as serverless-esbuild does for a deployment, into `outDir`; with what V8 makes of them (`compiled`)
 * where that is wanted: the local stack has a cache of Node's for it.
 * Returns the path of each bundle by the function's name. Throws esbuild's BuildFailure, with its messages.
 */
export async function bundleFunctions(
  service: Service,
  root: string,
  outDir: string,
  { compiled = false } = {},
): Promise<Record<string, string>> {
  const { outputFileExtension, ...options } = service.bundleOptions;
  await build({
    ...options,
    plugins: compiled ? [compileBundles()] : [],
    absWorkingDir: root,
    entryPoints: service.functions.map(({ entry }) => entry),
    outdir: outDir,
    outbase: 'functions',
    outExtension: { '.js': outputFileExtension },
    logLevel: 'error',
  });
  return Object.fromEntries(service.functions.map(({ name }) => [name, join(outDir, `${name}${outputFileExtension}`)]));
}
