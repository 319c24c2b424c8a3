/**
 * Runs in each function before its code is loaded (NODE_OPTIONS in serverless.yml): for each variable NAME_FROM whose NAME
 * is empty, fetches what it names and sets NAME. So no address of a database stands in the function's configuration, and
 * an instance that starts after a rotation has the new one. The rest of the service sees only its environment.
 *
 *   ssm:NAME                    a parameter, SecureString or not
 *   secretsmanager:NAME#KEY     one field of a secret that holds a JSON object
 *   secretsmanager:NAME         all of a secret
 *
 * Parameter Store hands out secrets of Secrets Manager as well, so that all of them come with one call of one client. The
 * client is the one that Lambda's runtime brings, which an `import` would not find.
 */
import { createRequire } from 'node:module';

const SUFFIX = '_FROM';
/** A function has ten seconds to start; what is not there after two tries of this is not to be had. */
const CONNECT_MS = 2_000;
const REQUEST_MS = 3_000;

const wanted = Object.entries(process.env).flatMap(([variable, from]) => {
  const name = variable.slice(0, -SUFFIX.length);
  const needed = variable.endsWith(SUFFIX) && from !== undefined && from !== '' && !process.env[name];
  return needed ? [{ name, ...parse(variable, from) }] : [];
});
if (wanted.length > 0) {
  const values = await fetchParameters([...new Set(wanted.map(({ parameter }) => parameter))]);
  for (const { name, parameter, key } of wanted) process.env[name] = pick(values.get(parameter), parameter, key);
}

/** The name of the parameter and the field of it that `from` means. */
function parse(variable, from) {
  const [, kind, name, key] = /^(ssm|secretsmanager):([^#]+)(?:#(.+))?$/.exec(from) ?? [];
  if (name === undefined) throw new Error(`${variable} is "${from}"; use ssm:NAME or secretsmanager:NAME#KEY.`);
  return { parameter: kind === 'ssm' ? name : `/aws/reference/secretsmanager/${name}`, key };
}

/** The values by name. Throws where one is missing, without ever naming a value. */
async function fetchParameters(Names) {
  const { SSMClient, GetParametersCommand } = createRequire(import.meta.url)('@aws-sdk/client-ssm');
  const client = new SSMClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS, throwOnRequestTimeout: true },
  });
  const command = new GetParametersCommand({ Names, WithDecryption: true });
  const answer = await client.send(command).catch((cause) => {
    const advice = 'In a VPC, the functions need an endpoint of SSM; their roles must name the parameters.';
    throw new Error(`The parameters ${Names.join(', ')} can't be fetched (${cause.name}: ${cause.message}). ${advice}`);
  });
  client.destroy();
  const { Parameters = [], InvalidParameters = [] } = answer;
  if (InvalidParameters.length > 0) {
    throw new Error(`There is no ${InvalidParameters.join(', ')}: make it (docs/operations.md), or name another.`);
  }
  return new Map(Parameters.map(({ Name, Value }) => [Name, Value]));
}

function pick(value, parameter, key) {
  if (key === undefined) return value;
  const field = fieldsOf(value)[key];
  if (typeof field !== 'string') throw new Error(`${parameter} holds no JSON object with the text "${key}".`);
  return field;
}

function fieldsOf(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
