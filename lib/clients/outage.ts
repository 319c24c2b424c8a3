import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerClosedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb';

/** What Node and the client of Postgres report where a connection could not be made or was lost. */
const NETWORK_CODES: ReadonlySet<string> = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENOTFOUND',
  'ENODATA',
  'EAI_AGAIN',
  // Of a look-up of SRV records.
  'ETIMEOUT',
  'ESERVFAIL',
  'EREFUSED',
]);
/**
 * SQLSTATE: connection trouble, not let in, no resources left (connections, disk, memory), shut down or cancelled by an operator,
 * conflicts with other transactions, a lock that was not to be had, a standby, damage that a restart mends.
 */
const POSTGRES_STATES = /^(08|28|3D|40|53|57|58|55P03|25006|XX000)/;

/** As the driver tells them; what it does not export is known by its name. */
const MONGO_KINDS = [
  MongoNetworkError,
  MongoServerSelectionError,
  MongoWriteConcernError,
  MongoTopologyClosedError,
  MongoServerClosedError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
];
const QUEUE_TIMEOUT = 'MongoWaitQueueTimeoutError';
/** Labels by which MongoDB says itself that the same can succeed later. */
const MONGO_LABELS = [
  'RetryableWriteError',
  'TransientTransactionError',
  'UnknownTransactionCommitResult',
  'SystemOverloadedError',
];
/** MongoDB's error codes: members away, stepping down or starting, no room left, out of time, refused for its load or its users. */
const MONGO_CODES: ReadonlySet<number> = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  13, // Unauthorized
  18, // AuthenticationFailed
  24, // LockTimeout
  46, // LockBusy
  50, // MaxTimeMSExpired
  64, // WriteConcernTimeout
  89, // NetworkTimeout
  91, // ShutdownInProgress
  100, // UnsatisfiableWriteConcern
  112, // WriteConflict
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  146, // ExceededMemoryLimit
  189, // PrimarySteppedDown
  202, // NetworkInterfaceExceededTimeLimit
  251, // NoSuchTransaction
  262, // ExceededTimeLimit
  365, // TemporarilyUnavailable
  462, // IngressRequestRateLimitExceeded
  9001, // SocketException
  10058, // LegacyNotPrimary
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11602, // InterruptedDueToReplStateChange
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
  14031, // OutOfDiskSpace
]);

/** What WiredTiger says of a disk without room, under the code of what has none of its own. */
const UNKNOWN_ERROR = 8;
const FULL_DISK = /No space left on device/;

/**
 * Whether the error says that a server is out of reach right now, or can't do what it is asked until somebody or something
 * has fixed it: gone, silent, starting, stepping down, out of connections, disk or memory. The same can succeed later.
 */
export function isOutage(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  if (error instanceof MongoError) return isMongoOutage(error);
  const code = 'code' in error ? String(error.code) : '';
  return NETWORK_CODES.has(code) || (error.name === 'PostgresError' && POSTGRES_STATES.test(code));
}

/** Whether it is MongoDB that the error comes from. */
export function isOfMongo(error: unknown): error is MongoError {
  return error instanceof MongoError;
}

function isMongoOutage(error: MongoError): boolean {
  if (MONGO_KINDS.some((kind) => error instanceof kind) || error.name === QUEUE_TIMEOUT) return true;
  if (MONGO_LABELS.some((label) => error.hasErrorLabel(label))) return true;
  if (error instanceof MongoBulkWriteError) return isBulkOutage(error);
  return error instanceof MongoServerError && passes(error);
}

/**
 * A bulk write hides what befell it behind an error of its own: one without any code of the server tells that no answer of
 * the server came. Documents that are there already may be among the failures; of the others each must be one that passes.
 */
function isBulkOutage(error: MongoBulkWriteError): boolean {
  const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  if (failures.length === 0) return typeof error.code !== 'number' || passes(error);
  return (
    failures.some(({ code, errmsg }) => passes({ code, message: errmsg })) ||
    error.result.getWriteConcernError() !== undefined
  );
}

/** Whether what MongoDB says passes by itself, or when somebody makes room. */
function passes({ code, message }: { readonly code?: unknown; readonly message?: string | undefined }): boolean {
  if (typeof code !== 'number') return false;
  return MONGO_CODES.has(code) || (code === UNKNOWN_ERROR && FULL_DISK.test(message ?? ''));
}
