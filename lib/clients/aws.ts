import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { WAITS } from './waits.ts';

/** Without a log of its own the SDK writes some warnings to the console, as plain text. Errors contain all of it. */
const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

/** The services that are spoken with, as the variables name them that give each an endpoint of its own. */
type Service = 'S3' | 'SQS' | 'LAMBDA';

/** What all clients get. Region and keys come from the environment, as everywhere on AWS. */
function shared(service: Service, env: Readonly<Record<string, string | undefined>>, requestMs: number) {
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'];
  return {
    logger: QUIET,
    // What a client does to each call is decided before the first one, and put together once.
    cacheMiddleware: true,
    requestHandler: {
      connectionTimeout: WAITS.awsConnect,
      requestTimeout: requestMs,
      throwOnRequestTimeout: true,
      // Also ends bodies that stop coming, which the time-out of the request does not.
      socketTimeout: requestMs,
    },
    ...(endpoint === undefined || endpoint === '' ? {} : { endpoint }),
  };
}

/**
 * A client of S3, or of its emulator at AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL. Close it with `destroy()`. An answer may take `requestMs`
 * to begin, and each pause in its body.
 */
export function createS3(
  env: Readonly<Record<string, string | undefined>> = process.env,
  requestMs: number = WAITS.awsAnswer,
): S3Client {
  const options = shared('S3', env, requestMs);
  // Emulators have no host name for each bucket.
  return new S3Client({ ...options, forcePathStyle: 'endpoint' in options });
}

/**
 * A client of Lambda, or of its emulator at AWS_ENDPOINT_URL_LAMBDA or AWS_ENDPOINT_URL. Close it with `destroy()`. It asks once: three
 * answers that do not come would take longer than the function that waits for them has; who asks is tried again by its queue.
 */
export function createLambda(
  env: Readonly<Record<string, string | undefined>> = process.env,
  requestMs: number = WAITS.sandboxAnswer,
): LambdaClient {
  return new LambdaClient({ ...shared('LAMBDA', env, requestMs), maxAttempts: 1 });
}

/** A client of SQS, or of its emulator at AWS_ENDPOINT_URL_SQS or AWS_ENDPOINT_URL. Close it with `destroy()`. */
export function createSqs(env: Readonly<Record<string, string | undefined>> = process.env): SQSClient {
  // The signature of each call holds a hash of its body, which SQS compares: MD5 sums of messages say nothing beside it.
  const client = new SQSClient({ ...shared('SQS', env, WAITS.awsAnswer), md5: false });
  const { config } = client;
  const make = config.signer;
  let made: ReturnType<typeof make> | undefined;
  // The client would make one for each call, of a copy of all its settings; what it signs for does not change.
  config.signer = (scheme) => {
    made ??= make(scheme);
    return made;
  };
  return client;
}
