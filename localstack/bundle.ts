import { join } from 'node:path';
import { build } from 'esbuild';
import type { Service } from './service-file.ts';

/**
 * Bundles the functions as serverless-esbuild does for a deployment, into `outDir`.
 * Returns the path of each bundle by the function's name. Throws esbuild's BuildFailure, with its messages.
 */
export async function bundleFunctions(service: Service, root: string, outDir: string): Promise<Record<string, string>> {
  const { outputFileExtension, ...options } = service.bundleOptions;
  await build({
    ...options,
    absWorkingDir: root,
    entryPoints: service.functions.map(({ entry }) => entry),
    outdir: outDir,
    outbase: 'functions',
    outExtension: { '.js': outputFileExtension },
    logLevel: 'error',
  });
  return Object.fromEntries(service.functions.map(({ name }) => [name, join(outDir, `${name}${outputFileExtension}`)]));
}
