/**
 * The rules of the house, checked by `npm run lint`: who may import whom, each with its reason. The rooms of `lib/` and what
 * each may use stand in lib/rooms.json, from which the table and the drawing in docs are made as well (`npm run docs`).
 */
import rooms from './lib/rooms.json' with { type: 'json' };

/** Outside libraries that have one door each, and the rooms that are the door. */
const DOORS = {
  '@aws-sdk/client-s3': ['bucket', 'clients'],
  '@aws-sdk/client-sqs': ['queue', 'clients', 'operator'],
  '@aws-lambda-powertools/': ['lambda', 'log'],
  '@huggingface/hub': ['hub'],
  '@middy/core': ['lambda'],
  hysnappy: ['parquet'],
  'js-yaml': ['catalogue'],
  mongodb: ['clients', 'ledger', 'documents', 'signatures', 'shard', 'evaluate', 'sweep', 'operator'],
  postgres: ['clients', 'tables', 'register', 'sample', 'shard', 'evaluate', 'operator'],
  yauzl: ['catalogue'],
};

/** Where the programs of a box begin, which deploy/box-image.ts bundles by path. */
const BOX_ENTRIES = '^lib/sandbox/(child/(main|watch)|context/main)\\.ts$';
/** What bundles have in place of what libraries bring: `alias` in serverless.yml. */
const STAND_INS = '^lib/(lambda/(trace-context|semver)|clients/(bowser|credentials|saslprep|whatwg-url))\\.ts$';

const names = Object.keys(rooms);
const anyOf = (list) => `(${list.map((name) => name.replaceAll('.', '\\.')).join('|')})`;

/** A rule that is broken by an import from `from` to `to`. There are no exceptions. */
function forbid(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to };
}

const roomRules = Object.entries(rooms).map(([room, { what, uses }]) =>
  forbid(
    `room-${room}`,
    `${room} is "${what}"; for that it may use ${uses.join(', ') || 'no other room'} (lib/rooms.json).`,
    { path: `^lib/${room}/` },
    { path: '^lib/', pathNot: `^lib/${anyOf([room, ...uses])}/` },
  ),
);

const doorRules = Object.entries(DOORS).map(([library, doors]) =>
  forbid(
    `door-${library}`,
    `${library} is used by ${doors.join(', ')} alone, so that what we know of its traps stands in one place.`,
    { path: '^lib/', pathNot: [`^lib/${anyOf(doors)}/`] },
    { path: `^node_modules/${library}${library.endsWith('/') ? '' : '/'}` },
  ),
);

export default {
  forbidden: [
    ...roomRules,
    ...doorRules,
    forbid(
      'room-unknown',
      'Each folder of lib/ is a room with one purpose, which stands in lib/rooms.json.',
      { path: '^lib/', pathNot: [`^lib/${anyOf(names)}/`] },
      {},
    ),
    forbid(
      'no-circles',
      'Files that need each other can only be read, tested and changed together: pass in what is needed, or move it down.',
      {},
      { circular: true },
    ),
    forbid(
      'lib-stands-alone',
      'The work knows nothing of the functions, the command line or the local stack that use it.',
      { path: '^lib/' },
      { path: '^(functions|bin|localstack|bench|test|deploy)/' },
    ),
    forbid(
      'functions-use-lib-alone',
      'A function is packaged with lib/ and nothing else of the repository.',
      { path: '^functions/' },
      { path: '^(functions|bin|localstack|bench|test|deploy)/' },
    ),
    forbid(
      'local-stack-knows-no-lib',
      'The stack on one machine stands for AWS: it runs the functions as they are packaged, and must not share code with them.',
      { path: '^localstack/' },
      { path: '^(lib|functions|bin|bench|test)/' },
    ),
    forbid(
      'no-one-needs-tests',
      'What is for tests and figures alone stays out of what they measure.',
      { pathNot: ['^(test|bench)/'] },
      { path: '^(test|bench)/' },
    ),
    forbid(
      'no-development-packages',
      'What is packaged runs without the development packages.',
      { path: '^(lib|functions|bin)/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/@types/' },
    ),
    {
      name: 'no-orphans',
      comment: 'A file that neither a function nor a command nor a box reaches is no part of the product.',
      severity: 'error',
      from: { path: ['^(functions|bin)/', BOX_ENTRIES] },
      to: { path: '^lib/.*\\.ts$', pathNot: ['\\.d\\.ts$', BOX_ENTRIES, STAND_INS], reachable: false },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: '^node_modules/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
