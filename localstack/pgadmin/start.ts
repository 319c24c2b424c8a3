/** `npm run pgadmin`: PG Admin on the databases of the running stack, until Ctrl-C. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endOfRun } from '../end-of-run.ts';
import { LOCAL_DIR } from '../local.ts';
import { PGADMIN_LOGIN, PGADMIN_PORT, PGADMIN_SERVER, runningPostgres } from './connection.ts';
import { startPgadmin } from './server.ts';

const USAGE = `npm run pgadmin -- [--port N]

  Shows the Postgres of the running stack (npm start) in the browser, at http://127.0.0.1:${PGADMIN_PORT} or port N.`;

const say = (line: string) => console.log(`[pgadmin] ${line}`);

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`\n[pgadmin] ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
// The message channel to the set-up script keeps the process alive otherwise.
process.exit();

async function main(): Promise<number> {
  const options = { port: { type: 'string' }, help: { type: 'boolean', default: false } } as const;
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const port = Number(values.port ?? PGADMIN_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`"${values.port}" is no port.\n\n${USAGE}`);
  const postgresUri = await runningPostgres(LOCAL_DIR);
  const ending = endOfRun();
  say('starting PG Admin ...');
  const pgadmin = await startPgadmin({ dir: join(LOCAL_DIR, 'pgadmin'), port, postgresUri });
  say(`ready: ${pgadmin.url}  Ctrl-C stops.`);
  say(
    `  log in as ${PGADMIN_LOGIN.email} with the password ${PGADMIN_LOGIN.password}; the server is "${PGADMIN_SERVER}".`,
  );
  const died = pgadmin.ended.then((code) => `PG Admin ended with code ${code}`);
  const why = await Promise.race([ending, died]);
  say(`${why}; stopping ...`);
  await pgadmin.stop();
  return why.startsWith('asked') ? 0 : 1;
}
