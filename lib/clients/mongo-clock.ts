import type { Document } from 'mongodb';

/** Of so many of its last answers the latest time is taken. */
const ANSWERS = 4;

/** What a client tells of its server's answers, as `MongoClient` does. */
export interface HeartbeatSource {
  on(event: 'serverHeartbeatSucceeded', listener: (event: { readonly reply: Document }) => void): unknown;
}

/**
 * The time as MongoDB has it. Many processes write leases and end those of others: one whose clock is an hour off would end work that has
 * just begun, and each time anew. MongoDB tells its time with every answer to the driver's own question whether it is well, so that it costs nothing.
 * Such an answer may be read late, as by a process that stood still meanwhile, but never early: the latest is right.
 * Before the first one, which any command waits for, and behind balancers, which give none, it is this process's time.
 */
export function mongoClock(client: HeartbeatSource): () => Date {
  const ahead: number[] = [];
  client.on('serverHeartbeatSucceeded', ({ reply }) => {
    const there: unknown = reply['localTime'];
    if (!(there instanceof Date)) return;
    ahead.push(there.getTime() - Date.now());
    if (ahead.length > ANSWERS) ahead.shift();
  });
  return () => new Date(Date.now() + (ahead.length === 0 ? 0 : Math.max(...ahead)));
}
