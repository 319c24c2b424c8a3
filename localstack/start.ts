/** `npm start`: runs all of the service on this machine until Ctrl-C (STACK-1). */
import { parseArgs } from 'node:util';
import { closest, distance } from 'fastest-levenshtein';
import { peopleConsole, rawConsole } from './console.ts';
import { endOfRun } from './end-of-run.ts';
import { type LocalService, runLocally } from './local.ts';
import type { Ports } from './stack.ts';

const USAGE = `npm start -- [--fresh] [--docker] [--json-logs] [--postgres-port N] [--mongo-port N] [--aws-port N]

  --fresh      starts with empty databases, queues and bucket
  --docker     takes the servers from localstack/docker-compose.yml, PG Admin with them; needs Docker with Compose
  --json-logs  prints what the functions log as it is, a JSON object a line, in place of a line per request
  --...port    takes that port instead of the last run's or a free one (also: SAMPLER_POSTGRES_PORT and so on)`;

/** Letters that a mistyped option may be off. */
const TYPOS = 3;

// With --json-logs standard output is the functions'.
const tell = process.argv.includes('--json-logs') ? console.error : console.log;
const say = (line: string) => tell(`[stack] ${line}`);

try {
  process.exitCode = await main();
} catch (error) {
  // Failures that are explained need no stack; all others do.
  const explained = error instanceof Error && ['Error', 'AlreadyRunningError'].includes(error.name);
  console.error(explained ? `\n[stack] ${error.message}` : error);
  process.exitCode = 1;
}
// The message channel to the set-up script keeps the process alive otherwise.
process.exit();

async function main(): Promise<number> {
  const { values } = readArguments();
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  // From the start, so that an interrupted start is stopped in good order as well.
  const ending = endOfRun();
  const interrupted = new AbortController();
  const starting = runLocally({
    fresh: values.fresh,
    docker: values.docker,
    ports: readPorts(values),
    say,
    onFunctionLine: consoleFor(values['json-logs']),
    signal: interrupted.signal,
  });
  const first = await Promise.race([ending, starting]);
  if (typeof first === 'string') {
    say(`${first} while starting; stopping what has started (Ctrl-C again ends at once) ...`);
    interrupted.abort();
    await starting.then(
      (service) => service.stop(),
      () => {},
    );
    say('stopped. The data stays in .local/');
    return 130;
  }
  const service = first;
  tellReady(service);
  const why = await Promise.race([ending, service.broken]);
  say(`${why}; stopping ...`);
  await service.stop();
  say('stopped. The data stays in .local/');
  return why.startsWith('asked') ? 0 : 1;
}

/** What the functions write, for whoever reads it. */
function consoleFor(json: boolean): (name: string, line: string) => void {
  const write = (line: string) => console.log(line);
  const shown = json ? rawConsole(write) : peopleConsole(write, process.stdout.hasColors?.() ?? false);
  return (name, line) => shown.take(name, line);
}

function readArguments() {
  const port = { type: 'string' } as const;
  const options = {
    fresh: { type: 'boolean', default: false },
    docker: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    'json-logs': { type: 'boolean', default: false },
    'postgres-port': port,
    'mongo-port': port,
    'aws-port': port,
  } as const;
  try {
    return parseArgs({ options });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    console.error(`${said}${meant(said, Object.keys(options))}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** The option that whoever typed an unknown one may have meant. */
function meant(said: string, options: readonly string[]): string {
  const typed = /^Unknown option '--?([^'=]+)/.exec(said)?.[1];
  if (typed === undefined) return '';
  const nearest = closest(typed, options);
  return distance(typed, nearest) <= Math.min(TYPOS, nearest.length / 2) ? `\n(Did you mean --${nearest}?)` : '';
}

function readPorts(values: Record<string, unknown>): Partial<Ports> {
  const ports: Partial<Ports> = {};
  for (const name of ['postgres', 'mongo', 'aws'] as const) {
    const value = values[`${name}-port`] ?? process.env[`SAMPLER_${name.toUpperCase()}_PORT`];
    if (value === undefined || value === '') continue;
    const port = Number(value);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`"${value}" is no port (${name})`);
    ports[name] = port;
  }
  return ports;
}

function tellReady({ env }: LocalService): void {
  say('ready. Messages are taken; Ctrl-C stops.');
  for (const name of ['SAMPLE_QUEUE_URL', 'REGISTER_QUEUE_URL', 'AWS_ENDPOINT_URL', 'MONGODB_URI', 'POSTGRES_URI']) {
    say(`  ${name}=${env[name]}`);
  }
  say('  all variables: .local/env');
  say('next, in another terminal: npx sampler doctor');
}
