import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { onEveryEmulator } from './emulators.ts';

onEveryEmulator('S3', (subject) => {
  const put = (Key: string, Body: string | Uint8Array) =>
    subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key, Body }));

  async function get(Key: string, Range?: string): Promise<{ bytes: Uint8Array; contentRange: string | undefined }> {
    const command = new GetObjectCommand({ Bucket: subject.bucket, Key, ...(Range === undefined ? {} : { Range }) });
    const { Body, ContentRange } = await subject.s3.send(command);
    if (Body === undefined) throw new Error(`${Key} has no body`);
    return { bytes: await Body.transformToByteArray(), contentRange: ContentRange };
  }

  async function statusOf(request: Promise<unknown>): Promise<number | undefined> {
    try {
      await request;
      return 200;
    } catch (error) {
      if (error instanceof S3ServiceException) return error.$metadata.httpStatusCode;
      throw error;
    }
  }

  it('gives back the bytes that were put, under keys with slashes and non-ASCII letters', async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31) % 251);
    const key = 'datasets/owner/näme with space/default/test/0000.parquet';
    await put(key, bytes);
    expect(
      createHash('sha256')
        .update((await get(key)).bytes)
        .digest('hex'),
    ).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it.each([
    ['bytes=0-3', 'abcd', 'bytes 0-3/10'],
    ['bytes=4-6', 'efg', 'bytes 4-6/10'],
    ['bytes=8-', 'ij', 'bytes 8-9/10'],
    ['bytes=-3', 'hij', 'bytes 7-9/10'],
    ['bytes=5-99', 'fghij', 'bytes 5-9/10'],
  ])('reads the range %s', async (range, text, contentRange) => {
    await put('ranges', 'abcdefghij');
    const part = await get('ranges', range);
    expect([new TextDecoder().decode(part.bytes), part.contentRange]).toEqual([text, contentRange]);
  });

  it('tells size and entity tag without the body', async () => {
    await put('head', 'abcde');
    const head = await subject.s3.send(new HeadObjectCommand({ Bucket: subject.bucket, Key: 'head' }));
    expect(head.ContentLength).toBe(5);
    expect(head.ETag).toBe(`"${createHash('md5').update('abcde').digest('hex')}"`);
  });

  it('answers 404 with a name of its own for a key that is not there', async () => {
    await expect(get('none')).rejects.toMatchObject({ name: 'NoSuchKey' });
    const head = subject.s3.send(new HeadObjectCommand({ Bucket: subject.bucket, Key: 'none' }));
    await expect(head).rejects.toMatchObject({ name: 'NotFound' });
  });

  // Keys of one alphabet only: fauxqs sorts by locale and pages by code point.
  it('lists keys by prefix, in order, page by page', async () => {
    const keys = ['a', 'b/1', 'b/10', 'b/2', 'b/x', 'c'].map((name) => `pages/${name}`);
    for (const key of keys) await put(key, key);
    const listed: (string | undefined)[] = [];
    let pages = 0;
    let ContinuationToken: string | undefined;
    do {
      const page = await subject.s3.send(
        new ListObjectsV2Command({ Bucket: subject.bucket, Prefix: 'pages/b', MaxKeys: 3, ContinuationToken }),
      );
      listed.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
      pages++;
    } while (ContinuationToken !== undefined);
    expect(listed).toEqual(['pages/b/1', 'pages/b/10', 'pages/b/2', 'pages/b/x']);
    expect(pages).toBe(2);
  });

  it('lists folders by delimiter', async () => {
    for (const key of ['tree/x/1', 'tree/x/2', 'tree/y/1', 'tree/file']) await put(key, key);
    const command = new ListObjectsV2Command({ Bucket: subject.bucket, Prefix: 'tree/', Delimiter: '/' });
    const { CommonPrefixes, Contents } = await subject.s3.send(command);
    expect(CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['tree/x/', 'tree/y/']);
    expect(Contents?.map(({ Key }) => Key)).toEqual(['tree/file']);
  });

  it('reads with If-Match only what the reader has seen before', async () => {
    const { ETag } = await put('seen', 'one');
    const read = () => subject.s3.send(new GetObjectCommand({ Bucket: subject.bucket, Key: 'seen', IfMatch: ETag }));
    expect(await statusOf(read())).toBe(200);
    await put('seen', 'two');
    expect(await statusOf(read())).toBe(412);
  });

  it('bears the deletion of what is not there', async () => {
    const command = new DeleteObjectCommand({ Bucket: subject.bucket, Key: 'never' });
    expect(await statusOf(subject.s3.send(command))).toBe(200);
  });
});
