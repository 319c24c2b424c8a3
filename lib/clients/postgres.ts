import postgres, { type Options, type PostgresType } from 'postgres';
import { guardedSockets } from './guarded-socket.ts';
import { tlsOf } from './postgres-tls.ts';
import { WAITS } from './waits.ts';

/** One function instance works on two messages at most at a time: few connections do, and the database serves many instances. */
const MAX_CONNECTIONS = 3;
const IDLE_SECONDS = 30;
/** Connections are renewed, so that a failover or a changed address is noticed. */
const MAX_LIFETIME_SECONDS = 30 * 60;
/** After a connection that failed; the waits between tries are the queue's (lib/queue). */
const RECONNECT_SECONDS = 0.1;

/**
 * Options of whoever neither gives nor gets arrays: a new connection is not asked first which types of arrays there are, which is an answer
 * more to wait for, with a row for each table.
 */
export const WITHOUT_ARRAYS = { fetch_types: false } as const;

/**
 * A small pool of Postgres connections; nothing is opened before the first query. Close it with `sql.end()`.
 * Statements are not prepared by name, so that poolers between us and the database, and its restarts, do no harm. For the
 * same reason the limit for an answer is ours and not `statement_timeout`, which poolers refuse or hand on to others.
 * @param answerMs how long a server may be silent before its connection is abandoned
 */
export function createSql<Types extends Record<string, PostgresType> = Record<never, PostgresType>>(
  uri: string,
  options: Options<Types> = {},
  answerMs: number = WAITS.postgresAnswer,
): ReturnType<typeof postgres<Types>> {
  const tls = tlsOf(uri);
  return postgres(tls?.uri ?? uri, {
    max: MAX_CONNECTIONS,
    idle_timeout: IDLE_SECONDS,
    connect_timeout: WAITS.postgresConnect / 1000,
    max_lifetime: MAX_LIFETIME_SECONDS,
    backoff: () => RECONNECT_SECONDS,
    prepare: false,
    onnotice: () => {},
    ...guarded(answerMs),
    ...(tls === undefined ? {} : { ssl: tls.ssl }),
    ...options,
    connection: { application_name: 'sampler', ...options.connection },
  });
}

/** The option of the client by which its connections end when the server is silent for so long. */
export function guarded(answerMs: number): { readonly socket: ReturnType<typeof guardedSockets> } {
  return { socket: guardedSockets(answerMs) };
}
