import { keepSecret } from '../log/secrets.ts';
import { checkFile, readAddress, refusal } from './address.ts';

const EXAMPLE = 'mongodb://USER:PASSWORD@HOST:27017/DATABASE?authSource=admin&tls=true&tlsCAFile=FILE.';
const KIND = { schemes: ['mongodb', 'mongodb+srv'], example: EXAMPLE };

/** Options of the form of a number. */
const NUMBERS = [
  'connectTimeoutMS',
  'socketTimeoutMS',
  'timeoutMS',
  'maxPoolSize',
  'minPoolSize',
  'maxConnecting',
  'maxIdleTimeMS',
  'waitQueueTimeoutMS',
  'wtimeoutMS',
  'maxStalenessSeconds',
  'localThresholdMS',
  'serverSelectionTimeoutMS',
  'heartbeatFrequencyMS',
  'zlibCompressionLevel',
  'srvMaxHosts',
  'proxyPort',
];
/** Options that are `true` or `false`. */
const FLAGS = [
  'tls',
  'ssl',
  'tlsInsecure',
  'tlsAllowInvalidCertificates',
  'tlsAllowInvalidHostnames',
  'journal',
  'retryReads',
  'retryWrites',
  'directConnection',
  'loadBalanced',
];
const FILES = ['tlsCAFile', 'tlsCertificateKeyFile', 'tlsCRLFile'];
const SECRETS = ['tlsCertificateKeyFilePassword', 'proxyPassword'];
const TEXTS = [
  'replicaSet',
  'compressors',
  'w',
  'readConcernLevel',
  'readPreference',
  'readPreferenceTags',
  'authSource',
  'authMechanism',
  'authMechanismProperties',
  'serverMonitoringMode',
  'appName',
  'srvServiceName',
  'proxyHost',
  'proxyUsername',
];
/** The driver takes their names in any case of letters. */
const KNOWN = new Map([...NUMBERS, ...FLAGS, ...FILES, ...SECRETS, ...TEXTS].map((name) => [name.toLowerCase(), name]));

/**
 * Checks the address of MongoDB before its driver sees it; that one would silently use a database named `test` where none is named.
 * @throws PermanentError Configuration naming the variable and the option, without any value of them.
 */
export function checkMongodbUri(uri: string, variable: string): void {
  const { database, options } = readAddress(uri, { ...KIND, variable });
  if (database === '') throw refusal(variable, 'must name a database, as in mongodb://host:27017/sampler.');
  for (const [given, value] of options) checkOption(given, value, variable);
}

function checkOption(given: string, value: string, variable: string): void {
  const name = KNOWN.get(given.toLowerCase());
  if (name === undefined)
    throw refusal(variable, `has the option "${given}", which MongoDB's driver does not know; remove it.`);
  if (value === '') throw refusal(variable, `has the option "${name}" without a value.`);
  if (SECRETS.includes(name)) keepSecret(value);
  // A session's token, for one.
  if (name === 'authMechanismProperties') for (const pair of value.split(',')) keepSecret(pair.replace(/^[^:]*:/, ''));
  if (NUMBERS.includes(name) && !/^\d{1,10}$/.test(value))
    throw refusal(variable, `has an option "${name}" that is no number.`);
  if (FLAGS.includes(name) && !/^(true|false)$/.test(value))
    throw refusal(variable, `has an option "${name}" that is neither true nor false.`);
  if (FILES.includes(name)) checkFile(variable, name, value);
}
