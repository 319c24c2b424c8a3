import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WAITS } from '../../lib/clients/waits.ts';
import { readServiceFile } from '../../localstack/service-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TIMEOUTS = new Map(readServiceFile(ROOT).functions.map(({ name, timeoutSeconds }) => [name, timeoutSeconds]));
const EVERY_QUEUE = ['register', 'sample', 'shard', 'evaluate'];

/** Which functions may have to wait for what. One that is added to the table and not here does not compile. */
const WHO: Readonly<Record<keyof typeof WAITS, readonly string[]>> = {
  mongoConnect: [...EVERY_QUEUE, 'sweep'],
  mongoAnswer: EVERY_QUEUE,
  mongoAnswerToSweep: ['sweep'],
  mongoTransaction: ['shard', 'evaluate'],
  mongoTransactionToSweep: ['sweep'],
  mongoQueue: EVERY_QUEUE,
  postgresConnect: ['register', 'sample', 'shard'],
  postgresStatement: ['register', 'sample', 'shard'],
  postgresStatementTogether: ['shard'],
  postgresAnswer: ['register', 'sample', 'shard'],
  loadLock: ['register'],
  loadAnswer: ['register'],
  loadStatement: ['register'],
  awsConnect: [...EVERY_QUEUE, 'sweep'],
  awsAnswer: [...EVERY_QUEUE, 'sweep'],
  sqsBeforeWork: ['sample', 'shard'],
  sandboxAnswer: ['register'],
  sandboxAnswerToEvaluate: ['evaluate'],
};

describe('each wait on a server', () => {
  it.each(Object.entries(WHO))('(%s) ends before the functions that may wait so long', (wait, functions) => {
    for (const name of functions) {
      const most = TIMEOUTS.get(name) ?? 0;
      expect([name, WAITS[wait as keyof typeof WAITS] / 1000 < most]).toEqual([name, true]);
    }
  });

  it('of Postgres for a statement ends before ours for its answer', () => {
    expect(WAITS.postgresStatement).toBeLessThan(WAITS.postgresAnswer);
  });

  it('for the function sandbox is as long as that one may take, where there is time', () => {
    expect(WAITS.sandboxAnswer / 1000).toBeGreaterThan(TIMEOUTS.get('sandbox') ?? 0);
  });

  it('stands in docs/operations.md with its length', () => {
    const page = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
    const seconds = Object.fromEntries(Object.entries(WAITS).map(([name, ms]) => [name, ms / 1000]));
    for (const line of [
      `| MongoDB: a connection, a primary | ${seconds['mongoConnect']} |`,
      `| MongoDB: an answer | ${seconds['mongoAnswer']} (\`sweep\`: ${seconds['mongoAnswerToSweep']}) |`,
      `| MongoDB: a transaction, all of its tries | ${seconds['mongoTransaction']} (\`sweep\`: ${seconds['mongoTransactionToSweep']}) |`,
      `| MongoDB: one of the 3 connections | ${seconds['mongoQueue']} |`,
      `| Postgres: a connection | ${seconds['postgresConnect']} |`,
      `| Postgres: a statement that reads a data set's table | ${seconds['postgresStatement']} (for several messages together: ${seconds['postgresStatementTogether']}) |`,
      `| Postgres: an answer | ${seconds['postgresAnswer']}; in a load ${seconds['loadAnswer']}, one statement of it ${seconds['loadStatement']}, a lock ${seconds['loadLock']} |`,
      `| S3 and SQS: a connection, an answer, a pause in a body | ${seconds['awsConnect']}, ${seconds['awsAnswer']}, ${seconds['awsAnswer']}; three tries |`,
      `| SQS: all that an event holds goes back, before one of it is begun | ${seconds['sqsBeforeWork']} for each step |`,
      `| the function \`sandbox\`: a connection, an answer | ${seconds['awsConnect']}, ${seconds['sandboxAnswer']} (\`evaluate\`: ${seconds['sandboxAnswerToEvaluate']}) |`,
    ]) {
      expect(page).toContain(line);
    }
  });
});
