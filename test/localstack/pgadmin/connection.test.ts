import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { formatDotenv } from '../../../localstack/dotenv.ts';
import { runningPostgres, writeConnection } from '../../../localstack/pgadmin/connection.ts';
import { choosePort } from '../../../localstack/processes.ts';
import { freshStack } from '../../helpers/stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgadmin-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the password lies in the user's own folder, readable by nobody else, also where an older file was", () => {
  const passwords = join(folder, 'storage', 'admin_local.dev', '.pgpass');
  mkdirSync(join(folder, 'storage', 'admin_local.dev'), { recursive: true });
  writeFileSync(passwords, 'old', { mode: 0o644 });
  writeConnection(folder, 'postgresql://ann:p%3Aa%5Cs@127.0.0.1:5433/own');
  expect(readFileSync(passwords, 'utf8')).toBe('127.0.0.1:5433:*:ann:p\\:a\\\\s\n');
  expect(statSync(passwords).mode & 0o777).toBe(0o600);
});

it('the one server is the address given, without its password', () => {
  const text = readFileSync(writeConnection(folder, 'postgresql://ann:secret@127.0.0.1/own'), 'utf8');
  expect(JSON.parse(text).Servers['1']).toMatchObject({
    Name: 'pokt-ml-datasets',
    Host: '127.0.0.1',
    Port: 5432,
    MaintenanceDB: 'own',
    Username: 'ann',
  });
  expect(text).not.toContain('secret');
});

it('without a stack that answers, it says what to do', async () => {
  const dir = join(folder, 'local');
  await expect(runningPostgres(dir)).rejects.toThrow(/No local stack runs.*npm start/);
  mkdirSync(dir);
  const gone = `postgresql://sampler:sampler@127.0.0.1:${await choosePort()}/sampler`;
  writeFileSync(join(dir, 'env'), formatDotenv({ POSTGRES_URI: gone }));
  await expect(runningPostgres(dir)).rejects.toThrow(/No local stack runs/);
  const stack = await freshStack();
  writeFileSync(join(dir, 'env'), formatDotenv({ POSTGRES_URI: stack.postgresUri }));
  expect(await runningPostgres(dir)).toBe(stack.postgresUri);
  await stack.dispose();
});
