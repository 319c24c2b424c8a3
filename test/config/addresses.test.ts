import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { readConfig } from '../../lib/config/config.ts';
import { redact } from '../../lib/log/redact.ts';
import { forgetSecrets } from '../../lib/log/secrets.ts';
import { errorOf } from '../helpers/error-of.ts';

beforeEach(forgetSecrets);
const ROOT = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'addresses-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (env: Record<string, string>) =>
  readConfig(env, Object.keys(env)[0] === 'POSTGRES_URI' ? ['postgresUri'] : ['mongodbUri']);

it.each([
  'postgresql://user:p%2Fw%40x%23y%25@host:5432/db',
  'postgres://user:pässwörd☃@host/db?sslmode=require&application_name=x',
  'postgresql://h1:5432,h2:5433/db?target_session_attrs=read-write',
  'postgresql://user@[::1]:5432/db',
  'postgresql://user:x@host/db?options=-c%20search_path%3Da',
])('takes the address of Postgres %s', (POSTGRES_URI) => {
  expect(read({ POSTGRES_URI })).toMatchObject({ postgresUri: POSTGRES_URI });
});

it.each([
  'mongodb://user:p%2Fw%40x@h1:27017,h2:27018/db?replicaSet=rs0&authSource=admin&retryWrites=true&w=majority',
  'mongodb+srv://user:pässwörd@cluster.example.net/db?appname=x&maxPoolSize=5',
  'mongodb://127.0.0.1:27017/db?replicaSet=rs0',
])('takes the address of MongoDB %s', (MONGODB_URI) => {
  expect(read({ MONGODB_URI })).toMatchObject({ mongodbUri: MONGODB_URI });
});

it.each([
  ['POSTGRES_URI', 'postgres://u:x@h/db?channel_binding=require', 'channel_binding'],
  ['POSTGRES_URI', 'postgres://u:x@h/db?sslmode=full', 'sslmode'],
  ['POSTGRES_URI', 'postgres://u:x@h/db?sslmode=verify-full&sslrootcert=/no/such.pem', 'sslrootcert'],
  ['POSTGRES_URI', 'postgres://u:x@h/db?password=hunter2hunter2', 'password'],
  ['MONGODB_URI', 'mongodb://u:x@h/db?retryWrite=true', 'retryWrite'],
  ['MONGODB_URI', 'mongodb://u:x@h/db?connectTimeoutMS=soon', 'connectTimeoutMS'],
  ['MONGODB_URI', 'mongodb://u:x@h/db?tls=yes', 'tls'],
  ['MONGODB_URI', 'mongodb://u:x@h/db?tls=true&tlsCAFile=/no/such.pem', 'tlsCAFile'],
])('refuses %s %s by the name of the option', (variable, uri, option) => {
  const error = errorOf(() => read({ [variable]: uri }));
  expect(error).toMatchObject({ code: 'Configuration', permanent: true });
  expect(error.message).toContain(variable);
  expect(error.message).toContain(option);
  expect(error.message).not.toContain('hunter2');
});

/** What a password may be, each with the parts of it by which it would be recognized. */
const PASSWORDS = [
  'sec/ret77',
  'sec@ret77',
  'sec#ret77',
  'sec?ret77',
  'sec%ret77',
  '12/ret77',
  'sec:ret77',
  'sec ret77',
  'sec&x=ret77',
  'séc☃/ret77',
];
const SHAPES: readonly (readonly [variable: string, uri: (password: string) => string])[] = [
  ['POSTGRES_URI', (password) => `postgresql://user:${password}@host:5432/db`],
  ['POSTGRES_URI', (password) => `postgresql://user:${password}@host:5432/db?channel_binding=require`],
  ['POSTGRES_URI', (password) => `postgresq://user:${password}@host/db`],
  ['POSTGRES_URI', (password) => `user:${password}@host/db`],
  ['POSTGRES_URI', (password) => `"postgresql://user:${password}@host/db"`],
  ['MONGODB_URI', (password) => `mongodb://user:${password}@host:27017/db`],
  ['MONGODB_URI', (password) => `mongodb://user:${password}@host:port/db?unknown=1`],
  ['MONGODB_URI', (password) => `mongodb+srv://user:${password}@host`],
];
const WRONG = SHAPES.flatMap(([variable, uri]) => PASSWORDS.map((password) => [variable, uri(password)] as const));

it.each(WRONG)('shows no part of the password where %s is %s', (variable, uri) => {
  try {
    read({ [variable]: uri });
  } catch (error) {
    expect(error).toMatchObject({ code: 'Configuration', message: expect.stringContaining(variable) });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/ret77|s[eé]c[^u]/);
  }
});

it('masks the password of an address that was taken wherever it is written from then on', () => {
  read({ POSTGRES_URI: 'postgresql://user:p%2Fw%40secret@host/db' });
  expect(redact('as given p%2Fw%40secret, as meant p/w@secret')).toBe('as given ***, as meant ***');
});

it('shows nothing of a configuration file that is no JSON', () => {
  const path = join(folder, 'config.json');
  writeFileSync(path, '{"postgres_uri": "postgres://user:hunter2@host/db"; }');
  const error = errorOf(() => readConfig({ CONFIG_PATH: path }, []));
  expect(error).toMatchObject({ code: 'Configuration' });
  expect(error).not.toHaveProperty('cause');
  expect(error.message).toContain('no JSON');
  expect(error.message).not.toContain('hunter2');
});

it.each([
  ['shard', 'POSTGRES_URI', 'postgresql://user:sec/ret77@host/db'],
  ['shard', 'POSTGRES_URI', 'postgresql://user:sec%ret77@host/db'],
  ['sweep', 'MONGODB_URI', 'mongodb://user:sec@ret77@host/db'],
  ['sweep', 'MONGODB_URI', 'mongodb://user:secret77@host/db?tls=true&tlsInsecure=true&tlsAllowInvalidHostnames=true'],
  ['sweep', 'MONGODB_URI', 'mongodb://user:secret77@h1,h2/db?directConnection=true'],
])('prints no secret when the function %s starts with %s %s', (name, variable, uri) => {
  const others = {
    POSTGRES_URI: 'postgres://h/db',
    MONGODB_URI: 'mongodb://h/db',
    SHARD_QUEUE_URL: 'http://127.0.0.1:1/0/q',
  };
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(ROOT, 'functions', `${name}.ts`)], {
    env: { PATH: process.env['PATH'], AWS_REGION: 'us-east-1', ...others, [variable]: uri },
    encoding: 'utf8',
  });
  expect(status).not.toBe(0);
  expect(stdout + stderr).toContain('Configuration');
  expect(stdout + stderr).not.toMatch(/ret77/);
});
