import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PGADMIN_LOGIN, PGADMIN_PORT, PGADMIN_SERVER } from '../../../localstack/pgadmin/connection.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const FOLDER = join(ROOT, 'localstack');
const FILE = join(FOLDER, 'docker-compose.yml');
/** Docker's own, else the one that the set-up brought for this test. */
const COMPOSE = [['docker', 'compose'], [join(ROOT, '.cache', 'compose', 'bin', 'docker-compose')]].find(
  ([program = '', ...rest]) => spawnSync(program, [...rest, 'version']).status === 0,
);
if (COMPOSE === undefined) console.log('Docker Compose does not read docker-compose.yml here: there is none.');

/** What the file must say of each service, whatever else it says. */
const service = z.object({
  image: z.string().regex(/:\d+\.\d+(\.\d+)?$/, 'must be pinned to a version'),
  ports: z.array(z.string().startsWith('127.0.0.1:')).length(1),
  healthcheck: z.object({ test: z.tuple([z.literal('CMD')], z.string()), retries: z.number() }),
  volumes: z.array(z.string()),
  environment: z.record(z.string(), z.string()).optional(),
});
const composeFile = z.object({
  services: z.record(z.enum(['localstack', 'postgres', 'mongo', 'pgadmin']), service),
  volumes: z.record(z.string(), z.null()),
});
const file = composeFile.parse(load(readFileSync(FILE, 'utf8')));

/** What Compose makes of the file with these variables. */
function configOf(env: Record<string, string> = {}): z.output<typeof config> {
  const [program = '', ...args] = COMPOSE ?? [];
  const result = spawnSync(program, [...args, '--file', FILE, 'config', '--format', 'json'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  });
  expect(result.stderr).toBe('');
  return config.parse(JSON.parse(result.stdout));
}
const config = z.object({
  services: z.record(
    z.string(),
    z.object({
      command: z.array(z.string()).nullish(),
      ports: z.array(z.object({ host_ip: z.string(), published: z.string(), target: z.number() })),
    }),
  ),
});

describe('docker-compose.yml', () => {
  it("keeps each service's data in a named volume, and finds the files that it mounts", () => {
    for (const [name, { volumes }] of Object.entries(file.services)) {
      const sources = volumes.map((volume) => volume.split(':')[0] ?? '');
      expect(
        sources.filter((source) => Object.hasOwn(file.volumes, source)),
        name,
      ).toHaveLength(1);
      const mounted = sources.filter((source) => source.startsWith('.'));
      expect(mounted.filter((source) => !existsSync(join(FOLDER, source)))).toEqual([]);
    }
  });

  it('runs LocalStack 4.14', () => {
    expect(file.services.localstack.image).toMatch(/^localstack\/localstack:4\.14(\.\d+)?$/);
  });

  it('PG Admin has the login and the server of the one without Docker, and is at the same port', () => {
    const { environment, ports } = file.services.pgadmin;
    expect(environment).toMatchObject({
      PGADMIN_DEFAULT_EMAIL: PGADMIN_LOGIN.email,
      PGADMIN_DEFAULT_PASSWORD: PGADMIN_LOGIN.password,
    });
    expect(ports).toEqual([`127.0.0.1:${PGADMIN_PORT}:80`]);
    const { Servers } = JSON.parse(readFileSync(join(FOLDER, 'docker', 'pgadmin-servers.json'), 'utf8'));
    expect(Object.values(Servers)).toMatchObject([
      { Name: PGADMIN_SERVER, Host: 'postgres_container', Port: 5432, Username: 'admin' },
    ]);
  });

  it("PG Admin's password file opens the Postgres of the file", () => {
    const { POSTGRES_USER, POSTGRES_PASSWORD } = file.services.postgres.environment ?? {};
    const passwords = readFileSync(join(FOLDER, 'docker', 'pgadmin-pgpass'), 'utf8');
    expect(passwords).toBe(`postgres_container:5432:*:${POSTGRES_USER}:${POSTGRES_PASSWORD}\n`);
    expect([POSTGRES_USER, POSTGRES_PASSWORD]).toEqual(['admin', 'admin']);
  });

  it.skipIf(COMPOSE === undefined)('is taken by Docker Compose, every port on the loopback address alone', () => {
    const { services } = configOf();
    const ports = Object.entries(services).flatMap(([name, { ports }]) => ports.map((port) => ({ name, ...port })));
    expect(ports.map(({ name, host_ip, published }) => [name, host_ip, published]).sort()).toEqual([
      ['localstack', '127.0.0.1', '4566'],
      ['mongo', '127.0.0.1', '27017'],
      ['pgadmin', '127.0.0.1', '5050'],
      ['postgres', '127.0.0.1', '5432'],
    ]);
  });

  it.skipIf(COMPOSE === undefined)(
    'MongoDB listens on the port at which its clients find it, as the set names that',
    () => {
      const { mongo } = configOf({ SAMPLER_MONGO_PORT: '27999' }).services;
      expect(mongo?.ports).toMatchObject([{ published: '27999', target: 27999 }]);
      expect(mongo?.command?.slice(-2)).toEqual(['--port', '27999']);
    },
  );
});
