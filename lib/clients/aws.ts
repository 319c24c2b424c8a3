import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

const CONNECT_MS = 5_000;
/** Above the longest wait of a receive call (20 s). */
const REQUEST_MS = 30_000;

/** What both clients get. Region and keys come from the environment, as everywhere on AWS. */
function shared(env: Readonly<Record<string, string | undefined>>) {
  const endpoint = env['AWS_ENDPOINT_URL'];
  return {
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS, throwOnRequestTimeout: true },
    ...(endpoint === undefined || endpoint === '' ? {} : { endpoint }),
  };
}

/** A client of S3, or of what stands in for it at AWS_ENDPOINT_URL. Close it with `destroy()`. */
export function createS3(env: Readonly<Record<string, string | undefined>> = process.env): S3Client {
  const options = shared(env);
  // Stand-ins have no host name for each bucket.
  return new S3Client({ ...options, forcePathStyle: 'endpoint' in options });
}

/** A client of SQS, or of what stands in for it at AWS_ENDPOINT_URL. Close it with `destroy()`. */
export function createSqs(env: Readonly<Record<string, string | undefined>> = process.env): SQSClient {
  return new SQSClient(shared(env));
}
