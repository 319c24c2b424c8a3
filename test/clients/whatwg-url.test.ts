import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import * as own from '../../lib/clients/whatwg-url.ts';

const require = createRequire(import.meta.resolve('mongodb-connection-string-url', import.meta.resolve('mongodb')));
const original: typeof own = require('whatwg-url');

it.each([
  'mongodb://__this_is_a_placeholder__/sampler?replicaSet=rs',
  'mongodb+srv://user:p%40ss%2Fword@__this_is_a_placeholder__/?tls=true&w=majority',
  'mongodb://u:%E2%82%AC@__this_is_a_placeholder__/a%20b?appName=x%20y&compressors=zlib,snappy&readPreferenceTags=dc:ny,rack:1&readPreferenceTags=',
  "mongodb://u'x:p!$&'()*+,;=~@__this_is_a_placeholder__/db?authMechanismProperties=A:b,C:d#rest",
])('reads %s as the package does', (address) => {
  const parts = ({ URL }: typeof own) => {
    const { href, protocol, username, password, pathname, search, searchParams } = new URL(address);
    return { href, protocol, username, password, pathname, search, options: [...searchParams] };
  };
  expect(parts(own)).toEqual(parts(original));
});

it('is refused what the package refuses', () => {
  for (const { URL } of [own, original]) expect(() => new URL('mongodb://[::1/db')).toThrow();
});
