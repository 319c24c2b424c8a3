import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { HARNESS_VERSION } from '../../lib/catalogue/catalogue.ts';
import { publishCatalogue } from '../../lib/catalogue/staging/publish.ts';

/** The folder of definitions that the suite's messages name. */
export const INCLUDE = 'faults';
/** Asked by chat, with drawn examples; two prompts an instance. */
export const ASKED = 'faults_asked';
/** Asked as requests for log-likelihoods: three instances a document. */
export const CHOSEN = 'faults_chosen';
export const TASKS: readonly string[] = [ASKED, CHOSEN];
/** Documents of the split that is asked about. */
export const DOCUMENTS = 60;
/** Stands in every row, so that rows can be told on their way from Postgres. */
export const ROW_MARK = 'Crate number';

const EXAMPLES = 12;
const DATASET = 'faults/crates';

const COMMON = `dataset_path: ${DATASET}
training_split: train
test_split: test
fewshot_split: train
doc_to_text: "{% if weight < 0 %}{{ nothing.of.the.kind }}{% endif %}{{question}}\\n"
num_fewshot: 2
metadata:
  version: 1.0
`;

const DEFINITIONS: Record<string, string> = {
  [ASKED]: `task: ${ASKED}
${COMMON}output_type: generate_until
repeats: 2
doc_to_target: "{{weight}} kg"
generation_kwargs:
  until: ["\\n"]
  temperature: 0.0
`,
  [CHOSEN]: `task: ${CHOSEN}
${COMMON}output_type: multiple_choice
doc_to_choice: ["light", "heavy", "too heavy"]
doc_to_target: "{{label}}"
`,
};

/** Puts a catalogue without tasks, the suite's own definitions and their data set into the bucket. */
export async function stageOwnTasks(s3: S3Client, bucket: string): Promise<void> {
  const put = (Key: string, Body: string | Uint8Array) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  await publishCatalogue(new Bucket(s3, bucket), HARNESS_VERSION, new Map(), []);
  for (const [task, definition] of Object.entries(DEFINITIONS))
    await put(`include/${INCLUDE}/${task}.yaml`, definition);
  for (const [split, first, count] of [
    ['train', 1000, EXAMPLES],
    ['test', 0, DOCUMENTS],
  ] as const) {
    await put(`datasets/${DATASET}/default/${split}/0000.parquet`, crates(first, count));
  }
}

/** The rows `first` and up of the suite's data set, as a parquet file. */
export function crates(first: number, count: number): Uint8Array {
  const numbers = Array.from({ length: count }, (_, i) => first + i);
  const columnData = [
    {
      name: 'question',
      type: 'STRING' as const,
      data: numbers.map((n) => `${ROW_MARK} ${n} holds ${n % 7} stones – “how heavy” is it?`),
    },
    { name: 'weight', type: 'DOUBLE' as const, data: numbers.map((n) => (n % 7) * 2.5) },
    { name: 'label', type: 'INT64' as const, data: numbers.map((n) => BigInt(n % 3)) },
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
