import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { LOCAL_STAGE, type QueueName } from './names.ts';
import { startServer } from './processes.ts';
import { createResources } from './resources.ts';
import { awsEnvironment, type Ports, type Stack } from './stack.ts';

const COMPOSE_FILE = join(import.meta.dirname, 'docker-compose.yml');
/** The ports of docker-compose.yml where none are named. */
const DEFAULT_PORTS: Ports = { postgres: 5432, mongo: 27017, aws: 4566 };
/** What the functions can't do without. */
const NEEDED = ['localstack', 'postgres', 'mongo'];

/** How to start the servers in Docker. */
export interface DockerOptions {
  /** Absolute path of the folder for the log. */
  dir: string;
  ports?: Partial<Ports>;
  /** Removes the volumes, and with them all data, before it starts. */
  fresh?: boolean;
  stage?: string;
  /** Visibility timeouts of the queues in seconds. */
  visibilityTimeouts?: Partial<Record<QueueName, number>>;
  /** Docker's command-line program. */
  program?: string;
}

/**
 * Finds out whether Docker can start containers here.
 * Throws an Error that says in one line what is missing and what to do.
 */
export function requireDocker(program = 'docker'): void {
  const works = (...args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;
  const without = 'or leave out --docker: npm start needs no Docker';
  if (!works('compose', 'version')) {
    throw new Error(`Docker with its Compose plugin is not installed here. What to do: install it, ${without}.`);
  }
  if (!works('info')) {
    throw new Error(`Docker's engine does not answer. What to do: start it (as a user who may), ${without}.`);
  }
}

/**
 * Starts the services of docker-compose.yml, waits until they are healthy, and makes the queues and the bucket. Stopping
 * it stops the containers; their data stays in their volumes, except that LocalStack keeps queues and objects in memory.
 * Throws an Error where Docker is missing, or a service does not become healthy.
 */
export async function startDockerStack(options: DockerOptions): Promise<Stack> {
  const { program = 'docker', stage = LOCAL_STAGE } = options;
  requireDocker(program);
  const ports = { ...DEFAULT_PORTS, ...options.ports };
  const env = {
    ...process.env,
    SAMPLER_POSTGRES_PORT: String(ports.postgres),
    SAMPLER_MONGO_PORT: String(ports.mongo),
    SAMPLER_AWS_PORT: String(ports.aws),
  };
  const command = (...args: string[]) => [program, 'compose', '--file', COMPOSE_FILE, ...args];
  if (options.fresh === true) await run(command('down', '--volumes'), env);
  await run(command('up', '--detach', '--wait'), env);
  const endpoint = `http://127.0.0.1:${ports.aws}`;
  const stopContainers = () => run(command('stop'), env);
  const resources = await createResources(endpoint, stage, options.visibilityTimeouts).catch(async (error) => {
    await stopContainers();
    throw error;
  });
  const watch = startServer({
    name: 'Docker Compose',
    command: command('wait', ...NEEDED),
    logFile: join(options.dir, 'logs', 'docker.log'),
    stopSignal: 'TERM',
    env,
  });
  let stopped: Promise<void> | undefined;
  return {
    env: {
      ...resources.env,
      POSTGRES_URI: `postgresql://admin:admin@127.0.0.1:${ports.postgres}/pokt-ml-datasets`,
      MONGODB_URI: `mongodb://127.0.0.1:${ports.mongo}/sampler?replicaSet=rs0`,
      LOG_LEVEL: 'INFO',
      ...awsEnvironment(endpoint),
    },
    ports,
    broken: watch.ended.then(() => 'a container ended (docker ps --all shows which)'),
    stop: () => {
      stopped ??= watch.stop().then(stopContainers);
      return stopped;
    },
  };
}

/** Runs a command to its end, its output on ours. Throws an Error where it fails. */
async function run([program = '', ...args]: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'close');
  if (code === 0) return;
  throw new Error(
    `${[program, ...args].join(' ')} failed (code ${code}). What to do: see its output above; \`docker compose --file ${COMPOSE_FILE} logs\` shows more.`,
  );
}
