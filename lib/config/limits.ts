import { PermanentError } from '../errors/errors.ts';

/** How work is cut and how long it may stand still; each has a default that fits the functions of serverless.yml. */
export interface Limits {
  /** Documents per shard (SHARD_SIZE): a shard takes seconds, and a Lambda's memory holds it many times over. */
  readonly shardSize: number;
  /** Milliseconds without a finished shard after which a request counts as died (LEASE_SECONDS). */
  readonly leaseMs: number;
  /**
   * Characters that one task of a request may come to, its prompts, arguments and documents together (REQUEST_MEGABYTES, in
   * millions): far above any honest one, and below what fills a database.
   */
  readonly requestChars: number;
}

const DEFAULT_SHARD_SIZE = 250;
const DEFAULT_LEASE_SECONDS = 1800;
const DEFAULT_REQUEST_MEGABYTES = 512;

/** Reads the limits from the environment. @throws PermanentError Configuration naming the variable that is not right. */
export function readLimits(env: Readonly<Record<string, string | undefined>>): Limits {
  return {
    shardSize: positive(env, 'SHARD_SIZE', DEFAULT_SHARD_SIZE, 10_000),
    leaseMs: positive(env, 'LEASE_SECONDS', DEFAULT_LEASE_SECONDS, 14 * 24 * 3600) * 1000,
    requestChars: positive(env, 'REQUEST_MEGABYTES', DEFAULT_REQUEST_MEGABYTES, 1_000_000) * 1_000_000,
  };
}

/** How much of a data set one message loads at most; larger ones are loaded in parts. */
export interface PartLimits {
  /** REGISTER_PART_ROWS. */
  readonly rows: number;
  /** REGISTER_PART_BYTES, before compression. */
  readonly bytes: number;
}

/** A part of that size takes seconds to a minute or two, where 15 minutes are the limit. */
const DEFAULT_PART_ROWS = 1_000_000;
const DEFAULT_PART_BYTES = 512 * 1024 ** 2;

/** Reads the size of parts from the environment. @throws PermanentError Configuration naming the variable that is not right. */
export function readPartLimits(env: Readonly<Record<string, string | undefined>>): PartLimits {
  return {
    rows: positive(env, 'REGISTER_PART_ROWS', DEFAULT_PART_ROWS, 2 ** 31),
    bytes: positive(env, 'REGISTER_PART_BYTES', DEFAULT_PART_BYTES, 1024 ** 4),
  };
}

function positive(
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
  fallback: number,
  most: number,
): number {
  const text = env[variable]?.trim();
  if (!text) return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new PermanentError('Configuration', `${variable} is "${text}"; use a whole number from 1 to ${most}.`, {
    context: { variable },
  });
}
