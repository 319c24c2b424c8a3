import type { Db, MongoClient } from 'mongodb';
import type { Sql } from 'postgres';
import type { Attempt, Ledger } from '../ledger/ledger.ts';
import type { Logger } from '../log/log.ts';
import type { TimeoutProfile } from '../payload/timeout.ts';
import type { Queue } from '../queue/queue.ts';
import type { QuickKinds } from './quick-kinds.ts';
import type { Renderings } from './renderings.ts';

/** What rendering a shard needs. */
export interface ShardServices {
  readonly sql: Sql;
  readonly mongo: MongoClient;
  readonly db: Db;
  readonly ledger: Ledger;
  readonly shardQueue: Queue;
  /** Characters that a request's task may come to; no limit where not given. */
  readonly requestChars?: number;
  /** What was rendered last, where it is kept. */
  readonly renderings?: Renderings;
  /** Which kinds of plans were rendered quickly before, where that is kept. */
  readonly quickKinds?: QuickKinds;
  readonly timeouts: Readonly<Record<string, TimeoutProfile>> | undefined;
}

/** One delivery of a shard message. */
export interface ShardDelivery {
  readonly redriven: boolean;
  readonly log: Logger;
  /** Hears which attempt at the plan the shard is worked on for, before it is. */
  readonly onAttempt?: (attempt: Attempt) => void;
}

/** What one delivery wrote. */
export interface Written {
  readonly instances: number;
  readonly prompts: number;
  /** Whether the `tasks` document was written. */
  readonly completed: boolean;
}
