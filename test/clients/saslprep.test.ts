import { createRequire } from 'node:module';
import { build } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';

const require = createRequire(import.meta.resolve('mongodb'));
type Saslprep = (password: string) => string;
const { saslprep: original }: { saslprep: Saslprep } = require('@mongodb-js/saslprep');
let own: Saslprep;

beforeAll(async () => {
  // As it is in the bundles, where alone it is used.
  const { outputFiles } = await build({
    entryPoints: ['lib/clients/saslprep.ts'],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  const bundle: { exports: { saslprep?: Saslprep } } = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0]?.text ?? '')(bundle, bundle.exports, require);
  own = bundle.exports.saslprep ?? original;
  expect(own).not.toBe(original);
});

it.each([
  ['', 'nothing'],
  [String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i)), 'all of printable ASCII'],
  ['I\u00adX', 'a soft hyphen, which goes'],
  ['a\u00a0b', 'another space'],
  ['\u00aa\u2168 pässwörd €', 'letters that are written otherwise'],
  ['\u0627\u0031\u0628', 'right to left'],
])('gives %j as the package does: %s', (password) => {
  expect(own(password)).toBe(original(password));
});

it('refuses what the package refuses', () => {
  for (const password of ['\u0007', 'a\u007f', '\u0627\u0031', 'a\u0221']) {
    expect(() => original(password)).toThrow();
    expect(() => own(password)).toThrow();
  }
});
