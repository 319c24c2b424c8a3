/**
 * Entry of all npm scripts: installs once what the script needs, then runs it with Node 24, whatever Node the host has (>= 20).
 * Usage: node localstack/setup.mjs <start|demo|pgadmin|sampler|test|typecheck|lint|format|build|vitest|conformance|faults|bench|node> [arguments]
 */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { makeBox } from './setup/box.mjs';
import { installCfnLintForTests } from './setup/cfn-lint.mjs';
import { installComposeForTests } from './setup/compose.mjs';
import { installMongod } from './setup/mongod.mjs';
import { installModules, NODE } from './setup/node-modules.mjs';
import { installPgadmin, installPgadminForTests } from './setup/pgadmin.mjs';
import { HARNESS_WHEEL, installHarness, installLocalstack } from './setup/python-packages.mjs';
import { ROOT, SetupError, say, withSetupLock } from './setup/steps.mjs';
import { installWheels } from './setup/wheels.mjs';

const OLDEST_NODE = 20;

/** The image of the sandbox, and what is in it. */
const BOX = [installWheels, makeBox];

/** What tests of all areas need. */
const FOR_ANY_TEST = [installMongod, ...BOX, installHarness];

/**
 * What only some areas of test/ need, of which PG Admin alone has 600 MB.
 * @type {[() => Promise<void>, RegExp][]}
 */
const FOR_AREAS = [
  [installLocalstack, /\b(deploy|faults|docker|localstack|catalogue|jinja)\b/],
  [installCfnLintForTests, /\bdeploy\b/],
  [installPgadminForTests, /\bpgadmin\b|localstack\/?$/],
  [installComposeForTests, /\bdocker\b|localstack\/?$/],
];

/** @param {string[]} args of vitest @returns {(() => Promise<void>)[]} what the tests that they name need; without any name, all */
function forTests(args) {
  const named = args.filter((arg) => !arg.startsWith('-') && /^(\.\/)?test\//.test(arg));
  const areas = FOR_AREAS.filter(([, area]) => named.length === 0 || named.some((arg) => area.test(arg)));
  return [...FOR_ANY_TEST, ...areas.map(([need]) => need)];
}

/** Who may import whom: .dependency-cruiser.mjs. */
const CHECK_ROOMS = [
  'depcruise',
  '--output-type',
  'err-long',
  'lib',
  'functions',
  'bin',
  'localstack',
  'bench',
  'test',
];

/**
 * What each script runs, one command after the other, and what it needs besides the Node packages, which its arguments may decide.
 * The arguments of the script go to the last command.
 * @type {Record<string, { needs: (() => Promise<void>)[] | ((args: string[]) => (() => Promise<void>)[]), commands: string[][] }>}
 */
const SCRIPTS = {
  start: { needs: [installMongod, installHarness, ...BOX], commands: [[NODE, 'localstack/start.ts']] },
  bench: { needs: [installMongod, installHarness, ...BOX], commands: [[NODE, 'bench/bench.ts']] },
  demo: { needs: [installMongod, installHarness, ...BOX], commands: [[NODE, 'localstack/demo.ts']] },
  pgadmin: { needs: [installPgadmin], commands: [[NODE, 'localstack/pgadmin/start.ts']] },
  sampler: { needs: [installHarness, ...BOX], commands: [[NODE, 'bin/sampler.ts']] },
  test: {
    needs: forTests,
    commands: [['tsc', '--noEmit'], ['biome', 'check'], CHECK_ROOMS, ['vitest', 'run']],
  },
  vitest: { needs: forTests, commands: [['vitest', 'run']] },
  faults: { needs: () => forTests(['test/faults']), commands: [[NODE, 'test/faults/main.ts']] },
  conformance: { needs: [installMongod, installHarness, makeBox], commands: [[NODE, 'test/conformance/main.ts']] },
  typecheck: { needs: [], commands: [['tsc', '--noEmit']] },
  lint: { needs: [], commands: [['biome', 'check'], CHECK_ROOMS] },
  format: { needs: [], commands: [['biome', 'check', '--write']] },
  build: { needs: BOX, commands: [['sls', 'package']] },
  node: { needs: [], commands: [[NODE]] },
};

const [name = '', ...args] = process.argv.slice(2);
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n[setup] ${error.message}`);
  process.exitCode = 1;
}

/** @returns {Promise<number>} the exit code of the script */
async function main() {
  const script = Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : undefined;
  if (script === undefined) {
    throw new SetupError(`no script "${name}"`, `name one of ${Object.keys(SCRIPTS).join(', ')}.`);
  }
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    throw new SetupError(`Node ${process.versions.node} is too old`, `install Node ${OLDEST_NODE} or later.`);
  }
  const { needs } = script;
  await withSetupLock(() => prepare(typeof needs === 'function' ? needs(args) : needs));
  for (const [index, command] of script.commands.entries()) {
    const last = index === script.commands.length - 1;
    const code = await run(last ? [...command, ...args] : command);
    if (code !== 0 && !last) say(`${command.join(' ')} failed (code ${code}); what comes after it was not run.`);
    if (code !== 0 || last) return code;
  }
  return 0;
}

/** Installs side by side; only the image of the sandbox waits, for the packages and the wheels that it is made of. @param {(() => Promise<void>)[]} needs */
async function prepare(needs) {
  const modules = installModules();
  const others = new Map(needs.filter((need) => need !== makeBox).map((need) => [need, need()]));
  const image = needs.includes(makeBox) ? [Promise.all([modules, others.get(installWheels)]).then(makeBox)] : [];
  const all = await Promise.allSettled([modules, ...others.values(), ...image]);
  for (const result of all) if (result.status === 'rejected') throw result.reason;
}

/**
 * Runs one command in the repository with node_modules/.bin first in the PATH; passes on signals. A
 * program of ours also learns when this process dies: the message channel between them closes.
 * @param {string[]} command @returns {Promise<number>} its exit code
 */
function run([program = '', ...rest]) {
  const path = [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path, SLS_TELEMETRY_DISABLED: '1', SAMPLER_HARNESS_WHEEL: HARNESS_WHEEL };
  const channel = program === NODE ? 'ipc' : 'ignore';
  const child = spawn(program, rest, { cwd: ROOT, env, stdio: ['inherit', 'inherit', 'inherit', channel] });
  // A terminal sends Ctrl-C to the command as well; here it only must not end us before the command has ended.
  const onInterrupt = () => {};
  const onTerminate = () => child.kill('SIGTERM');
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate).on('SIGHUP', onTerminate);
  const orphanCheck = stopWhenOrphaned(onTerminate);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(orphanCheck);
      process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate).off('SIGHUP', onTerminate);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

/** npm that is killed outright passes no signal on; its scripts then have another parent. @param {() => void} stop */
function stopWhenOrphaned(stop) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const check = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(check);
    stop();
  }, 1000);
  return check.unref();
}
