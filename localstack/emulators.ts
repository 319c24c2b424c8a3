import { channel } from 'node:diagnostics_channel';
import { existsSync, mkdirSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { startFauxqs } from 'fauxqs';
import { LOCAL_REGION } from './names.ts';
import { startServer, waitUntilReady } from './processes.ts';

/** The emulator of SQS and S3. */
export type EmulatorKind = 'fauxqs' | 'localstack';

/** A running emulator of SQS and S3. */
export interface Emulator {
  /** For AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  /** Rejects or resolves never while it runs; resolves with the exit code when its process ended by itself. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

const LOCALSTACK_START_TIMEOUT_MS = 120_000;

/** Starts fauxqs inside this process, with queues and objects kept in `<dir>/aws`. */
export async function startFauxqsEmulator(dir: string, port: number): Promise<Emulator> {
  const dataDir = join(dir, 'aws', 'queues');
  const s3StorageDir = join(dir, 'aws', 'objects');
  mkdirSync(dataDir, { recursive: true });
  mkdirSync(s3StorageDir, { recursive: true });
  await takeAllCharacters();
  const server = await onLoopbackOnly(() =>
    startFauxqs({ port, logger: false, defaultRegion: LOCAL_REGION, dataDir, s3StorageDir }),
  );
  repairRelease(join(dataDir, 'fauxqs.db'));
  let stopped: Promise<void> | undefined;
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    ended: new Promise(() => {}),
    stop: () => {
      stopped ??= server.stop();
      return stopped;
    },
  };
}

/**
 * Starts LocalStack, its data in memory and its files in `<dir>/localstack`.
 * `python` is the interpreter of the environment it is installed in. Throws an Error when it can't start.
 */
export async function startLocalstackEmulator(dir: string, port: number, python: string): Promise<Emulator> {
  if (!existsSync(python)) throw new Error(`LocalStack is not installed (no ${python}). What to do: npm test.`);
  const files = join(dir, 'localstack');
  const logFile = join(dir, 'logs', 'localstack.log');
  mkdirSync(files, { recursive: true });
  const endpoint = `http://127.0.0.1:${port}`;
  const server = startServer({
    name: 'LocalStack',
    command: [python, '-m', 'localstack.runtime.main'],
    logFile,
    stopSignal: 'TERM',
    cwd: files,
    env: {
      ...process.env,
      // The queue tests want the first two; test/deploy the others. Each is loaded when first asked for.
      SERVICES: 'sqs,s3,cloudformation,cloudwatch,iam,kms,logs,secretsmanager,sns,ssm,sts',
      GATEWAY_SERVER: 'hypercorn',
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      // Its own folders instead of /var/lib/localstack, no reports about its use, no look-ups of other hosts.
      FILESYSTEM_ROOT: files,
      LOCALSTACK_VOLUME_DIR: files,

      DISABLE_EVENTS: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',

      DNS_ADDRESS: '0',
      SQS_ENDPOINT_STRATEGY: 'path',
    },
  });
  await waitUntilReady(server, logFile, () => answers(`${endpoint}/_localstack/health`), LOCALSTACK_START_TIMEOUT_MS);
  return { endpoint, ended: server.ended, stop: () => server.stop() };
}

/**
 * fauxqs 2.4 loses a message whose visibility is set to 0: it then clears the message's receive count in its database,
 * which the column does not allow. This keeps the count and lets the rest of the change happen.
 */
function repairRelease(file: string): void {
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TRIGGER IF NOT EXISTS keep_receive_count BEFORE UPDATE ON sqs_messages
    WHEN NEW.approximate_receive_count IS NULL
    BEGIN
      UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = NEW.message_id;
      SELECT RAISE(IGNORE);
    END`);
  database.close();
}

/**
 * fauxqs 2.4 looks at halves of characters beyond U+FFFF, each of which is forbidden by itself; SQS takes the characters.
 * Its rule is fixed where it lies, as the package has no option for it.
 */
async function takeAllCharacters(): Promise<void> {
  const root = findPackageJSON('fauxqs', import.meta.url);
  const rules: unknown = await import(new URL('dist/sqs/sqsTypes.js', pathToFileURL(root ?? '')).href);
  if (!holdsRule(rules))
    throw new Error('fauxqs has no rule for the characters of a message any more; look at this version.');
  rules.INVALID_MESSAGE_BODY_CHAR.compile(
    '[^\\t\\n\\r\\u{20}-\\u{d7ff}\\u{e000}-\\u{fffd}\\u{10000}-\\u{10ffff}]',
    'u',
  );
}

function holdsRule(module: unknown): module is { INVALID_MESSAGE_BODY_CHAR: RegExp } {
  return (
    typeof module === 'object' &&
    module !== null &&
    'INVALID_MESSAGE_BODY_CHAR' in module &&
    module.INVALID_MESSAGE_BODY_CHAR instanceof RegExp
  );
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/**
 * fauxqs listens on every address of the machine and has no option for it; its web server announces itself when it is
 * made, and is configured to listen on the loopback address instead.
 */
async function onLoopbackOnly<T>(start: () => Promise<T>): Promise<T> {
  const made = channel('fastify.initialization');
  const bindLocally = (message: unknown): void => {
    if (!isAnnouncement(message)) return;
    const { fastify } = message;
    const listen = fastify.listen.bind(fastify);
    fastify.listen = (options) => listen({ ...options, host: '127.0.0.1' });
  };
  made.subscribe(bindLocally);
  try {
    return await start();
  } finally {
    made.unsubscribe(bindLocally);
  }
}

interface Announcement {
  fastify: { listen: (options: object) => Promise<string> };
}

function isAnnouncement(message: unknown): message is Announcement {
  return typeof message === 'object' && message !== null && 'fastify' in message;
}
