/** The servers, as the suite can put each out of reach of one process. */
export type Server = 'MongoDB' | 'Postgres' | 'S3' | 'SQS';
export type FunctionName = 'register' | 'sample' | 'shard' | 'sweep' | 'evaluate';

/** One process: a function that is started while one of its servers is away. */
export interface Cell {
  readonly name: FunctionName;
  readonly server: Server;
  /** What is the matter with the server. */
  readonly away: string;
}

/** Who speaks with whom. The function `sandbox` speaks with nobody. */
const USES: Readonly<Record<Server, readonly FunctionName[]>> = {
  MongoDB: ['register', 'sample', 'shard', 'sweep', 'evaluate'],
  Postgres: ['register', 'sample', 'shard'],
  S3: ['register', 'sample', 'evaluate'],
  SQS: ['register', 'sample', 'shard', 'sweep', 'evaluate'],
};

/** What befalls the way to a server, whichever it is (test/helpers/gate.ts). */
const WAYS = ['refused', 'silent', 'reset'] as const;

/** States of real servers (unready.ts), and answers of AWS that only a stand-in can give. */
const STATES: Readonly<Record<Server, readonly string[]>> = {
  MongoDB: ['starting up', 'stepped down', 'out of connections', 'disk full'],
  Postgres: ['starting up', 'standby only', 'out of connections', 'disk full'],
  S3: ['busy'],
  SQS: ['busy'],
};

/** States that only who writes notices. */
const READ_ONLY: ReadonlySet<string> = new Set(['standby only', 'disk full']);

/**
 * All pairs of a function and a server that it uses, in each manner in which that server can be away. Those that wait longest
 * come first.
 */
export function cells(): Cell[] {
  const all = (Object.keys(USES) as Server[]).flatMap((server) =>
    [...WAYS, ...STATES[server]].flatMap((away) =>
      USES[server]
        // Postgres is only read by the others.
        .filter((name) => server !== 'Postgres' || name === 'register' || !READ_ONLY.has(away))
        .map((name) => ({ name, server, away })),
    ),
  );
  return all.toSorted((a, b) => Number(b.away === 'silent') - Number(a.away === 'silent'));
}
