import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { openCatalogue } from '../../lib/catalogue/catalogue.ts';
import { supportOf } from '../../lib/catalogue/support.ts';
import { messageOf } from '../../lib/errors/errors.ts';
import { SUPPORTED_HOOKS } from '../../lib/hooks/registry.ts';
import { redact } from '../../lib/log/redact.ts';
import { type Check, missing, ok, warn } from './check.ts';
import { counted } from './output.ts';
import { QUEUES } from './queues.ts';
import { withSession } from './session.ts';
import { stackChoice } from './stack-choice.ts';
import { stagedFolders } from './staged-folders.ts';

/**
 * How each part of the stack stands, all asked at once; nothing where no stack is known.
 * @param patienceMs whoever takes longer is not there
 */
export async function checkStack(patienceMs: number): Promise<Check[]> {
  if (stackChoice() === 'none') return [];
  const within = (name: string, variable: string, look: () => Promise<Check[]>) =>
    answerOf(name, variable, look, patienceMs);
  const parts = await Promise.all([
    within('Postgres', 'POSTGRES_URI', postgres),
    within('MongoDB', 'MONGODB_URI', mongodb),
    within('bucket', 'DATASETS_BUCKET', bucket),
    ...QUEUES.map((queue) => within(`queue ${queue}`, `${queue.toUpperCase()}_QUEUE_URL`, () => queueOf(queue))),
  ]);
  return parts.flat();
}

/** A part of the stack, whose answer is waited for no longer than a moment. */
async function answerOf(
  name: string,
  variable: string,
  look: () => Promise<Check[]>,
  patienceMs: number,
): Promise<Check[]> {
  if (!process.env[variable]) return [missing(name, `${variable} is not set`, 'see "stack" above')];
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${patienceMs / 1000} s`)), patienceMs);
  const looking = look();
  looking.catch(() => {});
  try {
    return await Promise.race([looking, late.promise]);
  } catch (error) {
    const [line = ''] = redact(messageOf(error) || String(error)).split('\n');
    const reason = line.replace(/ It is tried again\.$/, '');
    const type =
      stackChoice() === 'local' ? 'npm start (in another terminal)' : `correct ${variable}, or start what it names`;
    return [missing(name, `does not answer: ${reason}`, type)];
  } finally {
    clearTimeout(timer);
  }
}

async function postgres(): Promise<Check[]> {
  return withSession(['postgresUri'], async ({ clients }) => {
    const sql = clients.sql();
    const [row] =
      await sql`SELECT current_setting('server_version') AS version, to_regclass('task_registry') AS registry`;
    const what = `${row?.['version']}`;
    if (row?.['registry'] == null) {
      return [warn('Postgres', `${what}; no task is registered`, 'npx sampler register gsm8k --wait')];
    }
    const [count] =
      await sql`SELECT count(*)::int AS tasks, count(DISTINCT dataset_table_name)::int AS tables FROM task_registry`;
    return [
      ok(
        'Postgres',
        `${what}; ${counted(Number(count?.['tasks']), 'task')} registered, ${counted(Number(count?.['tables']), 'table')}`,
      ),
    ];
  });
}

async function mongodb(): Promise<Check[]> {
  return withSession(['mongodbUri'], async ({ clients }) => {
    const db = clients.mongo().db();
    const { version: found } = await db.command({ buildInfo: 1 });
    const records = db.collection('sample_requests');
    const [working, late, failed, unscored] = await Promise.all([
      records.countDocuments({ state: 'in_progress' }),
      records.countDocuments({ state: 'in_progress', lease_until: { $lt: new Date() } }),
      records.countDocuments({ state: { $in: ['failed', 'sweeping'] } }),
      db.collection('evaluations').countDocuments({ kind: 'task', state: 'failed' }),
    ]);
    const checks = [ok('MongoDB', `${found}; ${counted(working, 'request')} in progress`)];
    if (late > 0)
      checks.push(
        warn(
          'leases',
          `${counted(late, 'request')} made no progress within the lease`,
          'npx sampler requests ls --state in_progress',
        ),
      );
    if (failed > 0)
      checks.push(
        warn('failed', `${counted(failed, 'failed request')} not swept yet`, 'npx sampler requests ls --state failed'),
      );
    if (unscored > 0)
      checks.push(warn('scores', `${counted(unscored, 'task')} could not be scored`, 'npx sampler results ls'));
    return checks;
  });
}

async function bucket(): Promise<Check[]> {
  return withSession(['datasetsBucket'], async ({ config, clients, log }) => {
    const from = new Bucket(clients.s3(), config.datasetsBucket);
    const folders = await stagedFolders(from);
    const sets = folders.filter(({ kind }) => kind === 'data set');
    const includes = folders.filter(({ kind }) => kind === 'include').map(({ name }) => name);
    const checks = [ok('bucket', config.datasetsBucket)];
    try {
      const catalogue = await openCatalogue({ bucket: from, log });
      const one = await catalogue.find('gsm8k');
      const works = one === null || supportOf(one, SUPPORTED_HOOKS).supported;
      checks.push(
        ok('harness', `${catalogue.source}, ${catalogue.index.size} names${works ? '' : '; gsm8k can not be sampled'}`),
      );
    } catch (error) {
      checks.push(missing('harness', messageOf(error), 'npx sampler stage harness'));
    }
    checks.push(
      sets.length > 0
        ? ok('data sets', `${sets.length} staged`)
        : warn('data sets', 'none is staged', 'npx sampler stage datasets gsm8k'),
      ok('includes', includes.length > 0 ? includes.join(', ') : 'none staged'),
    );
    return checks;
  });
}

async function queueOf(queue: (typeof QUEUES)[number]): Promise<Check[]> {
  const setting = `${queue}QueueUrl` as const;
  return withSession([setting], async ({ config, clients }) => {
    const url = config[setting];
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const ask = async (QueueUrl: string) => {
      const { Attributes = {} } = await clients
        .sqs()
        .send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }));
      return AttributeNames.map((name) => Number(Attributes[name] ?? 0));
    };
    const [[waiting = 0, working = 0], [dead = 0]] = await Promise.all([ask(url), ask(`${url}-dlq`)]);
    const what = `${waiting} waiting, ${working} in work`;
    if (dead === 0) return [ok(`queue ${queue}`, `${what}, none in its dead-letter queue`)];
    return [
      warn(
        `queue ${queue}`,
        `${what}, ${counted(dead, 'message')} in its dead-letter queue`,
        `npx sampler dlq ls ${queue}`,
      ),
    ];
  });
}
