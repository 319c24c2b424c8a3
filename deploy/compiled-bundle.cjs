'use strict';
/**
 * What Lambda loads in the place of a function's bundle: it runs the bundle beside it (`shard.bundle.cjs` for `shard.cjs`), with
 * the code that V8 made of it while it was packaged (`shard.bundle.code`; deploy/compile-bundles.cjs). Reading 2 MB of
 * JavaScript takes V8 longer than all else at a start. Code that does not fit is left alone and costs a millisecond: the
 * bundle is then compiled as any other is. Needs nothing but Node, as it is copied as it stands.
 */
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname } = require('node:path');
const v8 = require('node:v8');
const { Script } = require('node:vm');
const { crc32 } = require('node:zlib');

/** Bytes of the head of the code: a line of JSON that tells what it is for, filled up with blanks. */
const HEAD_BYTES = 256;
/** Under this symbol of `globalThis` stands whether the code was taken, or why not. */
const OUTCOME = Symbol.for('sampler.compiledBundle');

/** Runs a bundle and gives what it exports, and its script. */
function runBundle(path) {
  const source = readFileSync(path);
  const code = readCode(path, source);
  const script = withoutGc(() => compile(path, source, code.bytes));
  // V8 itself compares its version and its flags.
  const taken = code.bytes !== undefined && script.cachedDataRejected === false;
  const outcome = taken ? 'taken' : (code.reason ?? 'made under other flags of V8');
  const module = { exports: {} };
  script.runInThisContext().call(module.exports, module.exports, createRequire(path), module, path, dirname(path));
  return { exports: module.exports, script, outcome };
}

/** As Node wraps modules. */
function compile(filename, source, cachedData) {
  const text = `(function (exports, require, module, __filename, __dirname) { ${source.toString('utf8')}\n})`;
  return new Script(text, { filename, cachedData });
}

/** The code kept for a bundle, or why there is none to take. V8 itself looks at no more of the source than its length. */
function readCode(path, source) {
  let file;
  try {
    file = readFileSync(codeOf(path));
  } catch {
    return { reason: 'missing' };
  }
  const bytes = file.subarray(HEAD_BYTES);
  const head = file.toString('latin1', 0, HEAD_BYTES).trimEnd();
  if (head === headOf(source, bytes)) return { bytes };
  return { reason: head.endsWith(`"code":${crc32(bytes)}}`) ? 'of another V8, processor or bundle' : 'damaged' };
}

function codeOf(path) {
  return path.replace(/\.cjs$/, '.code');
}

function headOf(source, code) {
  const { arch, versions } = process;
  return JSON.stringify({ v8: versions.v8, processor: arch, source: crc32(source), code: crc32(code) });
}

/**
 * With V8's flags as they are where code is made. Lambda's runtime starts Node with `--expose-gc`, which makes no difference to
 * code but counts as one.
 */
function withoutGc(work) {
  if (typeof globalThis.gc !== 'function') return work();
  v8.setFlagsFromString('--no-expose-gc');
  try {
    return work();
  } finally {
    v8.setFlagsFromString('--expose-gc');
  }
}

/** The file that keeps what V8 has made of a bundle so far. */
function codeFile(path, script) {
  const code = script.createCachedData();
  return Buffer.concat([Buffer.from(headOf(readFileSync(path), code).padEnd(HEAD_BYTES), 'latin1'), code]);
}

if (module.id.endsWith('compiled-bundle.cjs')) {
  module.exports = { runBundle, codeFile, codeOf };
} else {
  const { exports, outcome } = runBundle(__filename.replace(/\.cjs$/, '.bundle.cjs'));
  globalThis[OUTCOME] = outcome;
  module.exports = exports;
}
