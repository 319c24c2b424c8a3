/**
 * How long each wait on a server may take, in milliseconds. Each is below the time-out of every function that may have to wait so
 * long (serverless.yml): a wait that ends is told, and its message is tried again. docs/operations.md shows them.
 */
export const WAITS = {
  /** For a connection to MongoDB, and for a primary. */
  mongoConnect: 10_000,
  /**
   * For an answer of MongoDB. Longer than any of our statements takes, also where one has to wait for the transaction of a
   * process that died: MongoDB drops that after 60 s (transactionLifetimeLimitSeconds).
   */
  mongoAnswer: 75_000,
  /** The same for `sweep`: below its time-out together with the time in which a broken connection is rebuilt. */
  mongoAnswerToSweep: 30_000,
  /** For a transaction, all of its tries together. */
  mongoTransaction: 90_000,
  /** The same for `sweep`. */
  mongoTransactionToSweep: 20_000,
  /** For one of the connections that others of the same message have. */
  mongoQueue: 90_000,
  postgresConnect: 10_000,
  /** For an answer of Postgres; our statements take a second at most. */
  postgresAnswer: 60_000,
  /** For a statement that reads a data set's table: Postgres ends it by itself, before its connection is abandoned. */
  postgresStatement: 50_000,
  /** The same, where the work of several messages waits for it. */
  postgresStatementTogether: 5_000,
  /** In a load: for another load of the same table to end. */
  loadLock: 240_000,
  /** In a load: for Postgres to say or take anything; above the lock, and above what making a primary key takes. */
  loadAnswer: 300_000,
  /** In a load: for one statement of it; a COPY takes as long as the files do. */
  loadStatement: 840_000,
  /** For a connection to S3, SQS or Lambda. */
  awsConnect: 5_000,
  /** For an answer of S3 or SQS, and for each pause in a body; above the longest wait of a receive call (20 s). */
  awsAnswer: 30_000,
  /** For SQS to take back, or delete, all that an event holds before one of its messages is begun; its tries together. */
  sqsBeforeWork: 20_000,
  /** For the function `sandbox`, which has 300 s. */
  sandboxAnswer: 310_000,
  /** The same for `evaluate`, which has no more time itself. */
  sandboxAnswerToEvaluate: 240_000,
} as const;
