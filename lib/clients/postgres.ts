import postgres, { type Options, type PostgresType } from 'postgres';

/** One function instance works through one batch at a time: few connections do, and the database serves many instances. */
const MAX_CONNECTIONS = 3;
const IDLE_SECONDS = 30;
const CONNECT_SECONDS = 10;
/** Connections are renewed, so that a failover or a changed address is noticed. */
const MAX_LIFETIME_SECONDS = 30 * 60;

/**
 * A small pool of Postgres connections; nothing is opened before the first query. Close it with `sql.end()`.
 * Statements are not prepared by name, so that poolers between us and the database, and its restarts, do no harm.
 */
export function createSql<Types extends Record<string, PostgresType> = Record<never, PostgresType>>(
  uri: string,
  options: Options<Types> = {},
): ReturnType<typeof postgres<Types>> {
  return postgres(uri, {
    max: MAX_CONNECTIONS,
    idle_timeout: IDLE_SECONDS,
    connect_timeout: CONNECT_SECONDS,
    max_lifetime: MAX_LIFETIME_SECONDS,
    prepare: false,
    onnotice: () => {},
    ...options,
    connection: { application_name: 'sampler', ...options.connection },
  });
}
