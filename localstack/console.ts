import { styleText } from 'node:util';
import * as z from 'zod';

/** What `npm start` shows of its functions. */
export interface Console {
  /** Takes a line that a function wrote. */
  take(functionName: string, line: string): void;
}

/** A metric has a list of values where a function did several messages together. */
const several = z.array(z.number()).nonempty();

/** What a line of a function may say; everything else in it is for machines. */
const line = z.looseObject({
  level: z.string().optional(),
  message: z.string().optional(),
  timestamp: z.string().optional(),
  requestId: z.string().optional(),
  taskId: z.string().optional(),
  tasks: z.union([z.string(), z.array(z.string()).transform((names) => listed(new Set(names)))]).optional(),
  task: z.string().optional(),
  table: z.string().optional(),
  supplier: z.string().optional(),
  outcome: z.string().optional(),
  code: z.string().optional(),
  error: z.string().optional(),
  plan: z.string().optional(),
  shards: z.number().optional(),
  instances: z.number().optional(),
  documents: z.number().optional(),
  failed: z.number().optional(),
  retryInSeconds: z.number().optional(),
  MessageDuration: z.union([z.number(), several.transform((all) => Math.max(...all))]).optional(),
  MessagesDone: z.union([z.number(), several.transform((all) => all.reduce((sum, one) => sum + one, 0))]).optional(),
  _aws: z.object({ Timestamp: z.number() }).optional(),
});
type Line = z.output<typeof line>;

/** How a line's event went. */
type Mark = 'ok' | 'no' | 'wait' | 'note';
const MARKS = {
  ok: ['✓', 'green'],
  no: ['✗', 'red'],
  wait: ['…', 'yellow'],
  note: ['·', 'cyan'],
} as const satisfies Record<Mark, readonly [string, Parameters<typeof styleText>[0]]>;

/** Requests that are kept in mind; of more, the oldest are forgotten. */
const MAX_OPEN = 1000;
/** Of a request with more shards it is also told that it is planned. */
const MANY_SHARDS = 4;

/** A sample request between its plan and its last task. */
interface Request {
  started: number;
  supplier: string | undefined;
  readonly names: Set<string>;
  readonly open: Set<string>;
  shards: number;
  instances: number;
}

/** Every line as the function wrote it, for machines. */
export function rawConsole(write: (line: string) => void): Console {
  return {
    take: (name, text) => write(text.startsWith('{') ? text : JSON.stringify({ function: name, message: text })),
  };
}

/**
 * One line per request, with its outcome and time, and one for whatever is wrong. `colours` as the terminal has them:
 * NO_COLOR and FORCE_COLOR count.
 */
export function peopleConsole(write: (line: string) => void, colours: boolean): Console {
  const requests = new Map<string, Request>();
  const loaded = new Map<string, string[]>();
  /** Of evaluate messages that were done: their tasks' ids. */
  const taskIds = new Map<string, string>();
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    colours ? styleText(format, text, { validateStream: false }) : text;

  function tell(at: number, name: string, mark: Mark, what: string, milliseconds?: number, id?: string): void {
    const [sign, colour] = MARKS[mark];
    const time = new Date(at).toTimeString().slice(0, 8);
    const took = milliseconds === undefined ? '' : duration(milliseconds);
    write(
      `${paint('dim', time)} ${paint(colour, sign)} ${name.padEnd(8)} ${took.padStart(7)}  ${what}${id ? paint('dim', `  ${id}`) : ''}`,
    );
  }

  function requestOf(id: string, at: number): Request {
    const known = requests.get(id);
    if (known) return known;
    const made: Request = {
      started: at,
      supplier: undefined,
      names: new Set(),
      open: new Set(),
      shards: 0,
      instances: 0,
    };
    requests.set(id, made);
    const [oldest] = requests.keys();
    if (requests.size > MAX_OPEN && oldest !== undefined) requests.delete(oldest);
    return made;
  }

  /** What the message's end says: its lines came before. */
  function ended(name: string, said: Line, at: number): void {
    const { requestId: id, MessageDuration: took } = said;
    if (name === 'sweep') {
      const told = ['RequestsExpired', 'RequestsSwept', 'TasksSent', 'TasksGivenUp'].flatMap((metric) => {
        const count = Number(said[metric] ?? 0);
        return count > 0 ? [`${metric.replace(/(?<=[a-z])(?=[A-Z])/, ' ').toLowerCase()} ${count}`] : [];
      });
      if (told.length > 0) tell(at, name, 'note', told.join(', '));
      return;
    }
    if (id === undefined || took === undefined) return;
    const done = (said.MessagesDone ?? 0) > 0;
    if (name === 'register' || name === 'evaluate') {
      const what = loaded.get(id);
      loaded.delete(id);
      const shownId = taskIds.get(id) ?? id;
      taskIds.delete(id);
      if (done && what) tell(at, name, 'ok', what.join(', '), took, shownId);
    } else if (name === 'sample') {
      const request = requests.get(id);
      if (request === undefined) return;
      request.started = Math.min(request.started, at - took);
      if (request.shards > MANY_SHARDS && request.open.size > 0) {
        const what = `${listed(request.names)}: planned, ${count(request.shards, 'shard')} to write`;
        tell(at, name, 'wait', what, took, id);
      }
    }
  }

  function written(id: string, { plan = '', instances = 0, task }: Line, at: number): void {
    const request = requestOf(id, at);
    request.open.delete(plan);
    request.instances += instances;
    if (task !== undefined) request.names.add(task);
    if (request.open.size > 0) return;
    requests.delete(id);
    const of = request.supplier === undefined ? '' : ` for ${request.supplier}`;
    const what = `${listed(request.names)}${of}: ${count(request.instances, 'instance')} written`;
    tell(at, 'sample', 'ok', what, at - request.started, id);
  }

  function said(name: string, about: Line, at: number): void {
    const { requestId: id, message = '', task, tasks, supplier, code, error, plan, level } = about;
    // What came of an evaluate message is found by its task.
    const shownId = about.taskId ?? id;
    const subject = task ?? tasks;
    if (message === 'request planned' && id !== undefined) {
      const request = requestOf(id, at);
      request.supplier = supplier;
      request.shards += about.shards ?? 0;
      if (plan !== undefined) request.open.add(plan);
      if (task !== undefined) request.names.add(task);
    } else if (message === 'task complete' && id !== undefined) {
      written(id, about, at);
    } else if (message === 'registered a data set' && id !== undefined) {
      loaded.set(id, [...(loaded.get(id) ?? []), `${task}: ${about.outcome} (${about.table})`]);
    } else if (message === 'task evaluated') {
      const failed = about.failed ? `, ${about.failed} failed` : '';
      if (id !== undefined && about.taskId !== undefined) taskIds.set(id, about.taskId);
      if (id !== undefined) loaded.set(id, [`${subject}: ${count(about.documents ?? 0, 'document')} scored${failed}`]);
    } else if (about.retryInSeconds !== undefined) {
      tell(
        at,
        name,
        'wait',
        `${reason(subject, code, error)} (again in ${about.retryInSeconds} s)`,
        undefined,
        shownId,
      );
    } else if (level === 'ERROR' || level === 'WARN') {
      if (level === 'ERROR' && id !== undefined) requests.delete(id);
      const what =
        error === undefined && code === undefined
          ? `${subject ? `${subject}: ` : ''}${message}`
          : reason(subject, code, error);
      tell(at, name, level === 'ERROR' ? 'no' : 'note', what, undefined, shownId);
    }
  }

  return {
    take(name, text) {
      const about = read(text);
      if (about === undefined) write(`${paint('dim', `${name}:`)} ${text}`);
      else if (about._aws) ended(name, about, about._aws.Timestamp);
      else said(name, about, about.timestamp === undefined ? Date.now() : Date.parse(about.timestamp));
    },
  };
}

function read(text: string): Line | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function reason(subject: string | undefined, code = 'Failed', error = ''): string {
  return `${subject ? `${subject}: ` : ''}${code}: ${error.split('\n')[0]}`;
}

function listed(names: ReadonlySet<string>): string {
  const [first = '?', ...rest] = names;
  return rest.length === 0 ? first : `${first} and ${count(rest.length, 'other task')}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
