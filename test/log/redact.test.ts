import { beforeEach, expect, it } from 'vitest';
import { Logger } from '../../lib/log/log.ts';
import { redact } from '../../lib/log/redact.ts';
import { forgetSecrets, keepSecret } from '../../lib/log/secrets.ts';

beforeEach(forgetSecrets);

it.each([
  'postgres://user:pa/ss@host:5432/db',
  'postgres://user:p@ss@host/db',
  'postgres://user:pa#ss@host/db',
  'postgres://user:pa?ss@host/db',
  'postgres://user:pa%ss@host/db',
  'postgres://user:pässwörd@host/db',
  'mongodb://user:1234pass@h1:27017,h2:27017/db',
  'mongodb+srv://user:pa:ss@host/db?x=1',
  'postgres://:pass@host/db',
])('masks the password of %s, escaped or not', (uri) => {
  const masked = redact(`can't reach "${uri}" (ENOTFOUND)`);
  expect(masked).toMatch(/^can't reach "[a-z+]+:\/\/(user)?:\*\*\*@h/);
  for (const part of ['pa/', 'ss@', 'p@ss', 'ss@', 'ssw', '1234', 'pass']) expect(masked).not.toContain(part);
});

it.each([
  'http://127.0.0.1:4566/000000000000/q and mongodb://127.0.0.1:27017/db?x=a@b',
  'mongodb://h1:27017,h2:27017/db?x=a@b',
  'see https://example.org/a:b/c@d',
  'user@example.org wrote: a://b',
])('keeps %s, which has no password', (text) => {
  expect(redact(text)).toBe(text);
});

it.each(['s3cr3t/with@all#of:it%', 'a b&c=d+e', 'q"uote\\back', 'schlüssel☃', "it's(a)*star*!", '50%25'])(
  'masks the secret %s in all forms in which it may be written',
  (secret) => {
    keepSecret(secret);
    const forms = [
      secret,
      encodeURIComponent(secret),
      encodeURIComponent(secret).toLowerCase(),
      encodeURI(secret),
      new URLSearchParams({ p: secret }).toString().slice(2),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret).toString('hex'),
    ];
    for (const form of forms) expect(redact(`before ${form} after`), form).toBe('before *** after');
    const lines: string[] = [];
    new Logger('info', {}, (line) => lines.push(line)).error(`got ${secret}`, { secret, nested: { list: [secret] } });
    for (const form of forms) expect(lines.join()).not.toContain(form);
  },
);

it('masks what an escaped secret means', () => {
  keepSecret('pa%2Fss');
  expect(redact('pa%2Fss and pa/ss')).toBe('*** and ***');
});

it('takes a name that is also the user for no secret, nor what is too short to be told from words', () => {
  keepSecret('sampler', ['sampler', 'db']);
  keepSecret('abc');
  expect(redact('sampler abc')).toBe('sampler abc');
});

it.each([
  ['letters', 'a'.repeat(2e6)],
  ['beginnings of addresses', 'x://'.repeat(5e5)],
  ['colons', `x://${':'.repeat(2e6)}`],
  ['ports', `x://${'h:1/'.repeat(5e5)}@`],
  ['at signs', `x://u:${'@'.repeat(2e6)}`],
])('reads two million characters of %s once', (_what, text) => {
  expect(redact(text).length).toBeLessThanOrEqual(text.length);
});
