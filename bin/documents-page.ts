import {
  type BsonType,
  INSTANCES,
  type MongoSchema,
  mongoSchema,
  PROMPTS,
  type StoredCollection,
  type StoredFields,
  TASKS,
} from '../lib/documents/described.ts';
import { EVALUATIONS, RESULTS } from '../lib/evaluate/described.ts';
import { SAMPLE_REQUESTS } from '../lib/ledger/described.ts';

/** All collections that this product writes to. */
export const COLLECTIONS: readonly StoredCollection[] = [
  TASKS,
  INSTANCES,
  PROMPTS,
  SAMPLE_REQUESTS,
  RESULTS,
  EVALUATIONS,
];

/** Tables in Postgres: what each is, and its columns with their types. */
export const TABLES = [
  {
    name: 'task_registry',
    what: 'Which table a task reads. A row appears together with the table, or joins it later.',
    columns: [
      ['task_name', 'text', 'primary key; the name of a task'],
      ['dataset_table_name', 'text', 'its table'],
    ],
  },
  {
    name: 'sampler_loads',
    what: 'Loads of large data sets in parts, while they last; made with the first of them. For this product alone.',
    columns: [
      ['load_id', 'text', 'primary key; what messages of parts name'],
      ['table_name', 'text', 'the table that will be; unique'],
      ['staging_table', 'text', 'where the rows go meanwhile'],
      ['version', 'text', 'what is loaded'],
      ['plan', 'text', 'files and description, as JSON'],
      ['tasks', 'text[]', 'tasks that will be registered with it'],
      ['updated_at', 'timestamp with time zone', 'when a part was last finished'],
    ],
  },
  {
    name: 'sampler_load_parts',
    what: 'Their parts.',
    columns: [
      ['load_id', 'text', 'the load; with `part` the primary key'],
      ['part', 'integer', 'number of the part, from 0'],
      ['work', 'text', 'row groups or a file, as JSON'],
      ['rows', 'bigint', 'rows of the part'],
      ['done_at', 'timestamp with time zone', 'when it was finished; null before'],
    ],
  },
] as const;

/** The schemas of all collections, by the name of their file in docs/schemas. */
export function documentSchemas(): Readonly<Record<string, MongoSchema>> {
  return Object.fromEntries(COLLECTIONS.map((collection) => [`${collection.name}.mongodb`, mongoSchema(collection)]));
}

/** The page `docs/documents.md`: every field of every document and table, from the descriptions beside the code that writes them. */
export function documentsPage(): string {
  return `${[
    '# Documents',
    'Generated from the descriptions beside the code by `npm run docs`; not edited by hand. A test has MongoDB itself check what the service wrote.',
    'For authors of Managers, Requesters and Evaluators: what stands in MongoDB and Postgres, with its types, who writes it and who changes it. ' +
      'The schemas are in the form of `$jsonSchema`, so that MongoDB finds what differs: `db.tasks.find({$nor: [{$jsonSchema: SCHEMA}]})`.',
    ...LIFE,
    ...COLLECTIONS.flatMap(collectionSection),
    '## Tables in Postgres',
    "Data sets: a table for each, `<dataset_path>--<dataset_name>` or `<dataset_path>`, with `__id` (`integer`, from 0 over all splits), `__split` (`text`) and the data set's " +
      'columns, types by the parquet schema ([data sets](datasets.md#types)); primary key (`__id`, `__split`). The comment on the table is JSON for this product. `register` writes it; nobody changes it; another version takes its place.',
    ...TABLES.flatMap(({ name, what, columns }) => [
      `### ${name}`,
      what,
      table(
        ['column', 'type', 'meaning'],
        columns.map(([column, type, meaning]) => [code(column), code(type), meaning]),
      ),
    ]),
  ].join('\n\n')}\n`;
}

/** The life of a request as a Manager sees it. */
const LIFE = [
  '## The life of a request',
  `1. A sample message is sent. Its id is the request's id; whoever sends it gets it from SQS.
2. Until it is planned (seconds) nothing is found under that id. A message that is tried more than once has a record \`retrying\`.
3. It is planned: a record \`in_progress\` for each task in \`sample_requests\`, found by \`request_id\`, or it is refused (\`rejected\`, with \`error\`), dropped for a task (\`dropped\`) or
   continues an earlier request (\`resumed\`, which names it in \`continues\`).
4. Instances and prompts appear, shard by shard. They are of no use yet: a Requester starts from \`tasks\`.
5. The \`tasks\` document appears, and the record is \`done\`. Or the record is \`failed\`, then \`swept\`: nothing of it stays, and \`error\` says why.
6. The Requester posts the prompts, writes \`responses\`, and sets \`done\` on prompts, instances, and at last the task.
7. \`evaluate\` writes \`results\`, sets \`evaluated\` (or \`drop\`), and tells the queue \`evaluated\`. The Manager then deletes the task's documents.

\`\`\`js
db.sample_requests.find({ request_id: "ID" }, { state: 1, task: 1, error: 1 })   // sample and register messages; evaluate messages that were refused
\`\`\`

A register message that was taken has a record, too: \`registering\` while parts of it are on their way, then \`registered\` with tables and rows. Records are kept for 15 days after they end.
States of a plan, and who moves it: [plan states](plan-states.md).`,
];

function collectionSection(collection: StoredCollection): string[] {
  const { name, what, writer, forms } = collection;
  const several = Object.keys(forms).length > 1;
  return [
    `## ${name}`,
    `${what} Written by ${writer}. Schema: [schemas/${name}.mongodb.json](schemas/${name}.mongodb.json).`,
    ...Object.entries(forms).flatMap(([form, fields]) => [
      ...(several ? [`A document ${form.startsWith('of') ? form : `of a ${form}`}:`] : []),
      table(['field', 'types', 'meaning', 'changed later'], rowsOf(fields, '')),
    ]),
  ];
}

function rowsOf(fields: StoredFields, above: string): string[][] {
  return Object.entries(fields).flatMap(([name, { types, meaning, optional, changes = '', fields: own, items }]) => {
    const path = `${above}${name}`;
    const row = [code(path), typesOf(types, items), optional ? `${meaning} Not always there.` : meaning, changes];
    const below = own ? rowsOf(own, `${path}.`) : isFields(items) ? rowsOf(items, `${path}[].`) : [];
    return [row, ...below];
  });
}

function typesOf(types: readonly BsonType[], items: readonly BsonType[] | StoredFields | undefined): string {
  const own = types.join(', ');
  if (items === undefined) return own;
  return `${own} of ${isFields(items) ? 'objects' : items.join(', ')}`;
}

function isFields(items: readonly BsonType[] | StoredFields | undefined): items is StoredFields {
  return items !== undefined && !Array.isArray(items);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, head.map(() => '---'), ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))];
  return cells.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
