import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createMongo } from '../../lib/clients/mongo.ts';
import { createSql } from '../../lib/clients/postgres.ts';
import { startPostgres } from '../../localstack/postgres.ts';
import { choosePort, type ServerProcess, startServer, waitUntilReady } from '../../localstack/processes.ts';
import { MONGOD } from '../../localstack/stack.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) console.warn('TLS is not tested: this machine has no openssl to make certificates with.');

/** Openssl in the folder of the certificates. */
function openssl(dir: string, ...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** An authority `<name>.pem`. */
function makeAuthority(dir: string, name: string): void {
  openssl(
    dir,
    'req',
    '-x509',
    ...KEY,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
  );
}

/** A server's certificate for `host`, by the authority `ca`: `<name>.pem` and `<name>.key`. */
function makeCertificate(dir: string, name: string, host: string): void {
  const extension = `subjectAltName=${/^\d/.test(host) ? 'IP' : 'DNS'}:${host}`;
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', extension, '-days', '2'];
  openssl(
    dir,
    'req',
    '-x509',
    ...KEY,
    '-subj',
    `/CN=${name}`,
    ...signed,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
  );
}

describe.skipIf(!hasOpenssl)('with a private authority', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tls-'));
  const file = (name: string) => join(dir, name);
  const servers: ServerProcess[] = [];
  let postgresUri: string;
  let mongoPort: number;

  beforeAll(async () => {
    chmodSync(dir, 0o755);
    makeAuthority(dir, 'ca');
    makeAuthority(dir, 'other');
    makeCertificate(dir, 'server', '127.0.0.1');
    postgresUri = await startTlsPostgres();
    mongoPort = await startTlsMongo();
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(dir, { recursive: true, force: true });
  });

  async function startTlsPostgres(): Promise<string> {
    const { process: server, uri } = await startPostgres(join(dir, 'pg'), await choosePort());
    servers.push(server);
    // Postgres takes a key that nobody else may read.
    chmodSync(file('server.key'), 0o600);
    if (process.getuid?.() === 0) chownSync(file('server.key'), 65534, 65534);
    const sql = createSql(uri, { max: 1 });
    await sql.unsafe(`alter system set ssl_cert_file = '${file('server.pem')}'`);
    await sql.unsafe(`alter system set ssl_key_file = '${file('server.key')}'`);
    await sql.unsafe('alter system set ssl = on');
    await sql`select pg_reload_conf()`;
    await vi.waitFor(async () => expect((await sql`show ssl`)[0]).toEqual({ ssl: 'on' }), { timeout: 10_000 });
    await sql.end();
    return uri;
  }

  async function startTlsMongo(): Promise<number> {
    const port = await choosePort();
    spawnSync('sh', ['-c', 'cat server.pem server.key > both.pem && mkdir mongo'], { cwd: dir });
    const tls = ['--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', file('both.pem'), '--tlsCAFile', file('ca.pem')];
    const others = ['--bind_ip', '127.0.0.1', '--nounixsocket', '--tlsAllowConnectionsWithoutCertificates'];
    const command = [process.env['MONGOMS_SYSTEM_BINARY'] || MONGOD, '--dbpath', file('mongo'), '--port', String(port)];
    const logFile = file('mongod.log');
    const server = startServer({
      name: 'MongoDB',
      command: [...command, ...others, ...tls],
      logFile,
      stopSignal: 'TERM',
    });
    servers.push(server);
    const ready = () =>
      askMongo(`tls=true&tlsCAFile=${file('ca.pem')}`, port).then(
        () => true,
        () => false,
      );
    await waitUntilReady(server, logFile, ready, 60_000);
    return port;
  }

  /** Whether Postgres is spoken with encrypted. */
  async function askPostgres(options: string): Promise<unknown> {
    const sql = createSql(`${postgresUri}?${options}`, { max: 1, connect_timeout: 5 });
    try {
      const [row] = await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
      return row?.['ssl'];
    } finally {
      await sql.end({ timeout: 1 });
    }
  }

  async function askMongo(options: string, port = mongoPort): Promise<unknown> {
    const mongo = createMongo(`mongodb://127.0.0.1:${port}/db?directConnection=true&${options}`, {
      serverSelectionTimeoutMS: 3000,
    });
    try {
      return (await mongo.db().command({ ping: 1 }))['ok'];
    } finally {
      await mongo.close();
    }
  }

  it.each(['require', 'verify-ca', 'verify-full'])('speaks with Postgres by sslmode=%s', async (mode) => {
    expect(await askPostgres(`sslmode=${mode}&sslrootcert=${file('ca.pem')}`)).toBe(true);
  });

  it('speaks with Postgres encrypted but unasked by sslmode=require alone, and in the clear by disable', async () => {
    expect(await askPostgres('sslmode=require')).toBe(true);
    expect(await askPostgres('sslmode=disable')).toBe(false);
  });

  it.each([
    ['of another authority', 'sslmode=verify-full&sslrootcert=other.pem'],
    ['of another authority (verify-ca)', 'sslmode=verify-ca&sslrootcert=other.pem'],
    ['of no public authority', 'sslmode=verify-full'],
  ])('speaks with no Postgres whose certificate is %s', async (_what, options) => {
    await expect(askPostgres(options.replace('other.pem', file('other.pem')))).rejects.toThrow(/certificate/);
  });

  it('waits no longer for an answer of Postgres than in the clear', async () => {
    const sql = createSql(`${postgresUri}?sslmode=verify-full&sslrootcert=${file('ca.pem')}`, { max: 1 }, 700);
    try {
      expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
      await expect(sql`select pg_sleep(60)`).rejects.toMatchObject({ code: expect.stringMatching(/TIMEDOUT|CLOSED/) });
      expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
    } finally {
      await sql.end({ timeout: 1 });
    }
  });

  it('speaks with no Postgres whose certificate is for another host by verify-full, but does by verify-ca', async () => {
    const elsewhere = postgresUri;
    postgresUri = postgresUri.replace('127.0.0.1', 'localhost');
    const ca = `sslrootcert=${file('ca.pem')}`;
    await expect(askPostgres(`sslmode=verify-full&${ca}`)).rejects.toThrow(/altnames|does not match/i);
    expect(await askPostgres(`sslmode=verify-ca&${ca}`)).toBe(true);
    postgresUri = elsewhere;
  });

  it('speaks with MongoDB by its authority, and with none of another', async () => {
    expect(await askMongo(`tls=true&tlsCAFile=${file('ca.pem')}`)).toBe(1);
    await expect(askMongo(`tls=true&tlsCAFile=${file('other.pem')}`)).rejects.toThrow(/certificate/);
    await expect(askMongo('tls=true')).rejects.toThrow(/certificate/);
  });
});
