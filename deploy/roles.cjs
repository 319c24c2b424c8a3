'use strict';
/**
 * One role for each function, with what that function does and nothing else. Lambda takes the messages from the queue and
 * deletes them in the function's name. `*` stands only where AWS knows no narrower resource: X-Ray and network interfaces.
 */
const { readVpc } = require('./options.cjs');

module.exports = async ({ resolveVariable }) => {
  const param = (name) => resolveVariable(`param:${name}`);
  const settings = {
    prefix: `${await resolveVariable('self:service')}-${await resolveVariable('sls:stage')}`,
    postgres: secretResources(await param('postgresUriFrom'), 'postgresUriFrom'),
    mongodb: secretResources(await param('mongodbUriFrom'), 'mongodbUriFrom'),
    keyArn: await param('secretsKeyArn'),
    inVpc: (await readVpc(resolveVariable)) !== undefined,
  };
  const both = [...settings.postgres, ...settings.mongodb];
  return {
    Resources: {
      // To its own queue: a large data set is loaded in parts, by a message each.
      RegisterRole: role('register', settings, both, [
        ...consumes('Register'),
        sends('RegisterQueue', 'RegisterDeadLetters'),
        ...reads('datasets', 'harness', 'include'),
        calls(settings, 'sandbox'),
      ]),
      SampleRole: role('sample', settings, both, [
        ...consumes('Sample'),
        sends('ShardQueue', 'SampleDeadLetters'),
        allow('Look', 'sqs:GetQueueAttributes', arnOf('RegisterQueue')),
        ...reads('harness', 'include'),
      ]),
      // It sends out again those shards of its request that went missing.
      ShardRole: role('shard', settings, both, [...consumes('Shard'), sends('ShardQueue', 'ShardDeadLetters')]),
      EvaluateRole: role('evaluate', settings, settings.mongodb, [
        ...consumes('Evaluate'),
        sends('EvaluatedQueue', 'EvaluateDeadLetters'),
        ...reads('harness', 'include'),
        calls(settings, 'sandbox'),
      ]),
      // None: whatever gets out of a box finds nothing that it may do.
      SandboxRole: bareRole('sandbox', settings),
      // It sends tasks to be evaluated, and tells outcomes that their own process did not.
      SweepRole: role('sweep', settings, settings.mongodb, [sends('EvaluateQueue', 'EvaluatedQueue')]),
    },
  };
};

function role(name, { prefix, keyArn, inVpc }, secrets, statements) {
  const logGroup = `${name[0].toUpperCase()}${name.slice(1)}LogGroup`;
  const Statement = [
    allow('Logs', ['logs:CreateLogStream', 'logs:PutLogEvents'], arnOf(logGroup)),
    allow('Traces', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*'),
    ...secretStatements(secrets, keyArn),
    ...(inVpc ? networkStatements(`${prefix}-${name}`) : []),
    ...statements,
  ];
  const { Type, Properties } = bareRole(name, { prefix });
  const Policies = [{ PolicyName: name, PolicyDocument: { Version: '2012-10-17', Statement } }];
  return { Type, Properties: { ...Properties, Policies } };
}

/** A role that allows nothing. */
function bareRole(name, { prefix }) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: `What the function ${prefix}-${name} may do`,
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
    },
  };
}

function calls({ prefix }, name) {
  return allow('Call', ['lambda:InvokeFunction'], arn('lambda', `function:${prefix}-${name}`));
}

function consumes(queue) {
  const actions = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes', 'ChangeMessageVisibility'];
  return [
    allow(
      'Consume',
      actions.map((action) => `sqs:${action}`),
      arnOf(`${queue}Queue`),
    ),
  ];
}

function sends(...queues) {
  return allow('Send', 'sqs:SendMessage', queues.map(arnOf));
}

/** Without the right to list, S3 answers "forbidden" where it should answer "there is no such object". */
function reads(...folders) {
  const objects = folders.map((folder) => ({ 'Fn::Sub': `\${DatasetsBucket.Arn}/${folder}/*` }));
  return [allow('List', 's3:ListBucket', arnOf('DatasetsBucket')), allow('Read', 's3:GetObject', objects)];
}

/**
 * The parameters, and the secrets behind them, that `from` names (see secrets.mjs). Secrets Manager adds six characters
 * to a secret's name.
 */
function secretResources(from, param) {
  const [, kind, name] = /^(ssm|secretsmanager):([^#]+)/.exec(from) ?? [];
  if (name === undefined) throw new Error(`${param} is "${from}"; use ssm:NAME or secretsmanager:NAME#KEY.`);
  if (kind === 'ssm') return [arn('ssm', `parameter/${name.replace(/^\//, '')}`)];
  return [arn('ssm', `parameter/aws/reference/secretsmanager/${name}`), arn('secretsmanager', `secret:${name}-??????`)];
}

function secretStatements(resources, keyArn) {
  const of = (service) => resources.filter((resource) => resource['Fn::Sub'].includes(`:${service}:`));
  const statements = [allow('Parameters', 'ssm:GetParameters', of('ssm'))];
  const secrets = of('secretsmanager');
  if (secrets.length > 0) statements.push(allow('Secrets', 'secretsmanager:GetSecretValue', secrets));
  if (keyArn !== '') statements.push(allow('SecretsKey', 'kms:Decrypt', keyArn));
  return statements;
}

/** Lambda makes a function's network interfaces in the function's name; the function's own code may not. */
function networkStatements(functionName) {
  const actions = [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ];
  const byItsCode = { ArnEquals: { 'lambda:SourceFunctionArn': arn('lambda', `function:${functionName}`) } };
  return [
    allow('Network', actions, '*'),
    { ...allow('NoNetworkForItsCode', actions, '*'), Effect: 'Deny', Condition: byItsCode },
  ];
}

function allow(Sid, Action, Resource) {
  return { Sid, Effect: 'Allow', Action, Resource };
}

function arnOf(id) {
  return { 'Fn::GetAtt': [id, 'Arn'] };
}

function arn(service, resource) {
  return { 'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}` };
}
