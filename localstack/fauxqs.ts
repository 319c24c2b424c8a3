import { channel } from 'node:diagnostics_channel';
import { mkdirSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { startFauxqs } from 'fauxqs';
import type { Emulator } from './emulators.ts';
import { answersOfLatest, noteAnswers } from './fauxqs-calls.ts';
import { keepGroups } from './fauxqs-groups.ts';
import { writeTogether } from './fauxqs-writes.ts';
import { LOCAL_REGION } from './names.ts';
import { callsWithin } from './queue-calls.ts';

/** Starts fauxqs inside this process, with queues and objects kept in `<dir>/aws`. */
export async function startFauxqsEmulator(dir: string, port: number): Promise<Emulator> {
  const dataDir = join(dir, 'aws', 'queues');
  const s3StorageDir = join(dir, 'aws', 'objects');
  mkdirSync(dataDir, { recursive: true });
  mkdirSync(s3StorageDir, { recursive: true });
  await takeAllCharacters();
  await writeWithoutWaiting();
  const [router, store] = [await partOfFauxqs('dist/sqs/sqsRouter.js'), await partOfFauxqs('dist/sqs/sqsStore.js')];
  noteAnswers(router);
  keepGroups(router, store);
  writeTogether(router, store);
  const starting = onLoopbackOnly(() =>
    startFauxqs({ port, logger: false, defaultRegion: LOCAL_REGION, dataDir, s3StorageDir }),
  );
  // It is made before it begins to wait for its port.
  const answers = answersOfLatest();
  const server = await starting;
  if (answers === undefined) throw new Error('fauxqs starts in another way; look at this version.');
  repairRelease(join(dataDir, 'fauxqs.db'));
  let stopped: Promise<void> | undefined;
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    queues: callsWithin(answers),
    ended: new Promise(() => {}),
    stop: () => {
      stopped ??= server.stop();
      return stopped;
    },
  };
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
  const rules = await partOfFauxqs('dist/sqs/sqsTypes.js');
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

/**
 * fauxqs 2.4 waits for the disk at each message that is sent, received or deleted, and has no option for it: on a busy machine
 * that is most of a request. Its database is opened as SQLite advises for a log that is written ahead: what is written
 * outlives the end of this process, however it ends, and only a machine that loses power may lose its last messages.
 */
async function writeWithoutWaiting(): Promise<void> {
  const module = await partOfFauxqs('dist/persistence.js');
  if (!holdsPersistence(module)) throw new Error('fauxqs keeps its messages in another way; look at this version.');
  const { prototype } = module.PersistenceManager;
  if (unhurried.has(prototype)) return;
  unhurried.add(prototype);
  const { prepareStatements } = prototype;
  prototype.prepareStatements = function prepareUnhurried(this: { db: DatabaseSync }) {
    this.db.exec('PRAGMA synchronous = NORMAL');
    return Reflect.apply(prepareStatements, this, []);
  };
}

const unhurried = new WeakSet<object>();

interface Persistence {
  PersistenceManager: { prototype: { prepareStatements: (this: { db: DatabaseSync }) => unknown } };
}

function holdsPersistence(module: unknown): module is Persistence {
  return (
    typeof module === 'object' &&
    module !== null &&
    'PersistenceManager' in module &&
    typeof module.PersistenceManager === 'function' &&
    'prepareStatements' in module.PersistenceManager.prototype
  );
}

/** A module of fauxqs that it does not export. */
async function partOfFauxqs(path: string): Promise<unknown> {
  const root = findPackageJSON('fauxqs', import.meta.url);
  return import(new URL(path, pathToFileURL(root ?? '')).href);
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
