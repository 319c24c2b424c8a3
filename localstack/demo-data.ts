import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { parquetWriteBuffer } from 'hyparquet-writer';

/** The demonstration's own task and data set, under names that nothing else uses. */
export const DEMO_INCLUDE = 'demo';
/** Its one task. */
export const DEMO_TASK = 'demo_sums';
const DATASET = 'demo/sums';

/** Two-step sums with their working: enough to show worked examples and questions. */
function questions(first: number, count: number) {
  return Array.from({ length: count }, (_, i) => {
    const [a, b, c] = [first + i, (i * 7) % 11, (i * 5) % 13];
    return {
      question: `A shelf holds ${a} books. ${b} are added, then ${c} more. How many are there?`,
      answer: `${a} + ${b} = ${a + b}, and ${a + b} + ${c} = ${a + b + c}. The answer is ${a + b + c}.`,
    };
  });
}

const DEFINITION = `task: ${DEMO_TASK}
dataset_path: ${DATASET}
training_split: train
test_split: test
fewshot_split: train
output_type: generate_until
description: "Work the sums out.\\n\\n"
doc_to_text: "Q: {{question}}\\nA:"
doc_to_target: "{{answer}}"
num_fewshot: 2
generation_kwargs:
  until: ["Q:"]
  max_gen_toks: 64
  temperature: 0
filter_list:
  - name: flexible-extract
    filter:
      - function: regex
        regex_pattern: "(-?[0-9]+)"
        group_select: -1
      - function: take_first
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
    regexes_to_ignore: ["(?s).*The answer is ", "\\\\.$"]
metadata:
  version: 1.0
`;

/** Puts the demonstration's task definition and data set into the bucket. */
export async function stageDemo(s3: S3Client, Bucket: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket, Key: `include/${DEMO_INCLUDE}/${DEMO_TASK}.yaml`, Body: DEFINITION }));
  for (const [split, rows] of Object.entries({ train: questions(10, 20), test: questions(50, 30) })) {
    const Key = `datasets/${DATASET}/default/${split}/0000.parquet`;
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: parquetOf(rows) }));
  }
}

function parquetOf(rows: readonly { question: string; answer: string }[]): Uint8Array {
  const columnData = (['question', 'answer'] as const).map((name) => ({
    name,
    data: rows.map((row) => row[name]),
    type: 'STRING' as const,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
