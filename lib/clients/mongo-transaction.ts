import type { ClientSession, MongoClient } from 'mongodb';
import { TransientError } from '../errors/errors.ts';
import { WAITS } from './waits.ts';

/**
 * Does `work` in one transaction, again and again where the writes of others are in its way, as the driver does; but for so long
 * alone. The driver's own limit is two minutes, whatever its options say, and holds between tries only. Where the limit comes while
 * the commit is under way, the transaction may count all the same: work has to be such that it can be done twice.
 * @throws TransientError Unavailable at the limit, or where the connection breaks at the commit
 */
export async function inMongoTransaction<T>(
  mongo: MongoClient,
  work: (session: ClientSession) => Promise<T>,
  limitMs: number = limitOf(mongo),
): Promise<T> {
  let over = false;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    over = true;
    late.reject(tooLong(limitMs));
  }, limitMs);
  const done = mongo.withSession((session) =>
    session.withTransaction(async () => {
      // Nobody waits for it any more: not a fault that the driver tries again.
      if (over) throw tooLong(limitMs);
      return await work(session);
    }),
  );
  done.catch(() => {});
  try {
    return await Promise.race([done, late.promise]);
  } catch (error) {
    throw isLostCommit(error) ? lost(error) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** The clock has less time than the functions of queues, and its client waits less for an answer. */
function limitOf({ options }: MongoClient): number {
  return options.socketTimeoutMS === WAITS.mongoAnswerToSweep ? WAITS.mongoTransactionToSweep : WAITS.mongoTransaction;
}

/** Where a connection breaks while a commit is written to it, the driver takes the socket's own error for one of its kinds. */
function isLostCommit(error: unknown): error is TypeError {
  return error instanceof TypeError && error.message.includes('hasErrorLabel is not a function');
}

function lost(cause: TypeError): TransientError {
  const message = 'the connection to MongoDB broke while a transaction was committed. It is tried again.';
  return new TransientError('Unavailable', message, { cause });
}

function tooLong(limitMs: number): TransientError {
  return new TransientError(
    'Unavailable',
    `a transaction of MongoDB did not come to its end within ${limitMs / 1000} seconds: others write the same documents, or no answer comes. It is tried again.`,
  );
}
