'use strict';
/**
 * esbuild's last step for a function (serverless.yml): puts deploy/compiled-bundle.cjs in the place of the bundle, the bundle
 * beside it, and the code that V8 has of it once it is loaded. Without that code functions work as well, and start slower.
 */
const { spawnSync } = require('node:child_process');
const { copyFileSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { architectureOf, processorOf } = require('./architecture.cjs');
const { codeFile, codeOf, runBundle } = require('./compiled-bundle.cjs');

/** A smaller bundle is read as fast as its code would be. */
const LEAST_BYTES = 500_000;
/** What bundles ask for when they are loaded. Nothing is asked of these: a bundle that is loaded only makes its clients. */
const NOWHERE = 'http://127.0.0.1:1/none';
const ENVIRONMENT = {
  POSTGRES_URI: 'postgres://127.0.0.1:1/none',
  MONGODB_URI: 'mongodb://127.0.0.1:1/none',
  DATASETS_BUCKET: 'none',
  REGISTER_QUEUE_URL: NOWHERE,
  SAMPLE_QUEUE_URL: NOWHERE,
  SHARD_QUEUE_URL: NOWHERE,
  EVALUATE_QUEUE_URL: NOWHERE,
  EVALUATED_QUEUE_URL: NOWHERE,
  SANDBOX_FUNCTION: 'none',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_LAMBDA_FUNCTION_NAME: 'none',
  POWERTOOLS_METRICS_DISABLED: 'true',
};
const TIME_MS = 60_000;

/**
 * The plugin, for serverless-esbuild and for whoever else bundles. For another kind of processor than this machine's nothing is
 * made (deploy/compiled-code.cjs tells it): code counts for one.
 */
function plugin(say = console.warn) {
  return {
    name: 'compile-bundles',
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        const root = build.initialOptions.absWorkingDir ?? process.cwd();
        for (const [path, { entryPoint }] of Object.entries(metafile?.outputs ?? {})) {
          const reason = entryPoint === undefined ? null : compileBundle(join(root, path));
          if (reason !== null) say(`${path} is packaged without compiled code, and starts slower: ${reason}`);
        }
      });
    },
  };
}

/** Makes the three files of one; gives why there is no code, or null. */
function compileBundle(path) {
  if (statSync(path).size < LEAST_BYTES) return null;
  const bundle = path.replace(/\.cjs$/, '.bundle.cjs');
  renameSync(path, bundle);
  copyFileSync(join(__dirname, 'compiled-bundle.cjs'), path);
  rmSync(codeOf(bundle), { force: true });
  const { status, signal, stderr, error } = spawnSync(process.execPath, [__filename, bundle], {
    env: ENVIRONMENT,
    encoding: 'utf8',
    timeout: TIME_MS,
  });
  if (status === 0) return null;
  return `${error?.message ?? signal ?? /^\w*Error.*/m.exec(stderr)?.[0] ?? stderr.trim()}`;
}

/** Keeps the code of a bundle; in a process of its own, which ends whatever the bundle waits for. */
function writeCode(bundle) {
  const { script } = runBundle(bundle);
  writeFileSync(codeOf(bundle), codeFile(bundle, script));
  process.exit();
}

if (require.main === module) writeCode(process.argv[2]);
else
  module.exports = Object.assign(
    ({ service }) => (processorOf(architectureOf(service)) === process.arch ? [plugin()] : []),
    { plugin, compileBundle },
  );
