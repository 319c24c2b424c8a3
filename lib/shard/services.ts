import type { Db, MongoClient } from 'mongodb';
import type { Sql } from 'postgres';
import type { Ledger } from '../ledger/ledger.ts';
import type { TimeoutProfile } from '../payload/timeout.ts';
import type { Queue } from '../queue/queue.ts';

/** What rendering a shard needs. */
export interface ShardServices {
  readonly sql: Sql;
  readonly mongo: MongoClient;
  readonly db: Db;
  readonly ledger: Ledger;
  readonly shardQueue: Queue;
  /** Characters that a request's task may come to; no limit where not given. */
  readonly requestChars?: number;
  readonly timeouts: Readonly<Record<string, TimeoutProfile>> | undefined;
}
