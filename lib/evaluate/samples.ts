import { Double, Int32, Long, ObjectId } from 'mongodb';
import { PermanentError } from '../errors/errors.ts';

/** One document's score, as `results.scores` holds it (RESULT-3). */
export interface Sample {
  readonly id: number;
  readonly score: number;
  /** Milliseconds. */
  readonly runTime: number;
  readonly code: number;
  readonly error: string;
}

/** The longest text of one failure, in bytes of UTF-8. */
export const MAX_ERROR_BYTES = 1024;
/** MongoDB takes 16 MiB a document. */
const MAX_RESULT_BYTES = 15 * 1024 ** 2;
/** What a sample takes without its text, its number in the list included. */
const SAMPLE_BYTES = 100;

/** What `results` says of a task. */
export interface ResultOf {
  readonly taskId: ObjectId;
  /** 0 evaluated, 12 dropped. */
  readonly status: 0 | 12;
  readonly height: bigint;
  /** Good ones first. */
  readonly samples: readonly Sample[];
  readonly now: Date;
}

/**
 * The fields of a `results` document, type for type. Texts of failures are cut to 1 KB, and shorter where there are so many
 * that the document would not fit.
 * @throws PermanentError DatasetInvalid for more documents than one result can hold
 */
export function resultFields({ taskId, status, height, samples, now }: ResultOf) {
  const room = MAX_RESULT_BYTES - samples.length * SAMPLE_BYTES;
  const failures = samples.filter(({ error }) => error !== '').length;
  if (room < 0) {
    throw new PermanentError(
      'DatasetInvalid',
      `One results document can't hold ${samples.length} scores; ask for fewer documents.`,
    );
  }
  const most = Math.min(MAX_ERROR_BYTES, Math.floor(room / Math.max(1, failures)));
  return {
    result_data: {
      _id: new ObjectId(),
      task_id: taskId,
      num_samples: new Int32(samples.length),
      status: new Int32(status),
      result_height: height >= -(2n ** 31n) && height < 2n ** 31n ? new Int32(Number(height)) : Long.fromBigInt(height),
      result_time: now,
    },
    scores: samples.map(({ score, id, runTime, code, error }) => ({
      score: new Double(score),
      id: new Int32(id),
      run_time: new Double(runTime),
      status_code: new Int32(code),
      error_str: storableStart(error, most),
    })),
  };
}

/**
 * The beginning of a text, in so many bytes of UTF-8 at most; what MongoDB can't hold is replaced. It is a text of its own: a part of
 * another would keep all of that in memory.
 */
export function storableStart(text: string, bytes: number): string {
  const encoded = Buffer.from(text.slice(0, bytes), 'utf8');
  let end = Math.min(encoded.length, bytes);
  while (end < encoded.length && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return encoded.toString('utf8', 0, end);
}
