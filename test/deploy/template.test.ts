import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_RECEIVES } from '../../lib/queue/delivery.ts';
import { bundleFunctions } from '../../localstack/bundle.ts';
import { QUEUES } from '../../localstack/names.ts';
import { readServiceFile } from '../../localstack/service-file.ts';
import { packageService } from '../helpers/serverless.ts';
import { given, parseTemplate, resourcesOf, type Statement, type Template } from './template.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CFN_LINT = join(ROOT, '.cache', 'cfn-lint', 'bin', 'cfn-lint');
const FUNCTIONS = [...QUEUES, 'sweep'];
const DAY = 86_400;
/** A Postgres takes 100 connections as it comes and keeps three for its superuser. */
const POSTGRES_CONNECTIONS = 97;
/** lib/clients: each instance of a function holds at most this many. */
const CONNECTIONS_PER_INSTANCE = 3;

const folder = mkdtempSync(join(tmpdir(), 'package-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A deployment with no parameters, and one with all of them. */
const STAGES = {
  dev: {},
  prod: {
    vpcSubnetIds: 'subnet-0123456789abcdef0, subnet-0123456789abcdef1',
    vpcSecurityGroupIds: 'sg-0123456789abcdef0',
    alarmEmail: 'operator@example.org',
    postgresUriFrom: 'secretsmanager:databases#postgres_uri',
    mongodbUriFrom: 'secretsmanager:databases#mongodb_uri',
    secretsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000',
    sweepConcurrency: 'none',
    shardConcurrency: '16',
  },
} as const;
let dev: Template;
let prod: Template;
beforeAll(() => {
  dev = parseTemplate(packageService(join(folder, 'dev'), 'dev', STAGES.dev));
  prod = parseTemplate(packageService(join(folder, 'prod'), 'prod', STAGES.prod));
});

const capital = (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}`;

it('packages every function, with what fetches its secrets', () => {
  for (const name of FUNCTIONS) {
    const zip = join(folder, 'dev', `${name}.zip`);
    const { stdout } = spawnSync('python3', ['-m', 'zipfile', '-l', zip], { encoding: 'utf8' });
    expect(stdout).toContain(`functions/${name}.cjs`);
    expect(stdout).toContain('deploy/secrets.mjs');
    // Only this machine's kind of processor can make code for it, and nothing is shipped that can't be taken.
    expect(stdout.includes(`functions/${name}.bundle.code`), name).toBe(process.arch === 'arm64');
  }
});

it.skipIf(!existsSync(CFN_LINT)).each(['dev', 'prod'])('is a template without a fault, by cfn-lint (%s)', (stage) => {
  const files = ['update', 'create'].map((kind) => join(folder, stage, `cloudformation-template-${kind}-stack.json`));
  // W3005: the framework names the role of a function among what it depends on, where its use says so already.
  const { status, stdout, stderr } = spawnSync(CFN_LINT, ['--ignore-checks', 'W3005', '--template', ...files], {
    encoding: 'utf8',
  });
  expect(stdout + stderr).toBe('');
  expect(status).toBe(0);
});

describe('roles', () => {
  /** What a policy allows, a line for each action and resource. */
  function allowed(template: Template, role: string): string[] {
    const policies = given(resourcesOf(template, 'AWS::IAM::Role'), role).Policies ?? [];
    const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    const allows = statements.filter(({ Effect }) => Effect === 'Allow');
    return allows.flatMap(({ Action, Resource }) =>
      [Resource].flat().flatMap((resource) => Action.map((action) => `${action} ${resourceName(resource)}`)),
    );
  }

  function resourceName(resource: unknown): string {
    const text = JSON.stringify(resource);
    const attribute = /^\{"Fn::GetAtt":\["(\w+)","Arn"\]\}$/.exec(text)?.[1];
    const pattern = /^\{"Fn::Sub":"(?:arn:\$\{AWS::Partition\}:(\w+):\$\{AWS::Region\}:\$\{AWS::AccountId\}:)?(.+)"\}$/;
    return attribute ?? pattern.exec(text)?.[2] ?? text;
  }

  const consumes = (queue: string) =>
    ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes', 'ChangeMessageVisibility'].map(
      (action) => `sqs:${action} ${queue}`,
    );
  const common = (name: string) => [
    `logs:CreateLogStream ${name}LogGroup`,
    `logs:PutLogEvents ${name}LogGroup`,
    'xray:PutTraceSegments "*"',
    'xray:PutTelemetryRecords "*"',
  ];
  const reads = (...folders: string[]) => [
    's3:ListBucket DatasetsBucket',
    ...folders.map((name) => `s3:GetObject \${DatasetsBucket.Arn}/${name}/*`),
  ];
  const postgres = 'ssm:GetParameters parameter/sampler/dev/postgres_uri';
  const mongodb = 'ssm:GetParameters parameter/sampler/dev/mongodb_uri';

  it.each([
    [
      'Register',
      [
        ...[postgres, mongodb],
        ...consumes('RegisterQueue'),
        ...['sqs:SendMessage RegisterQueue', 'sqs:SendMessage RegisterDeadLetters'],
        ...reads('datasets', 'harness', 'include'),
        'lambda:InvokeFunction function:sampler-dev-sandbox',
      ],
    ],
    [
      'Sample',
      [
        ...[postgres, mongodb],
        ...consumes('SampleQueue'),
        ...['sqs:SendMessage ShardQueue', 'sqs:SendMessage SampleDeadLetters'],
        'sqs:GetQueueAttributes RegisterQueue',
        ...reads('harness', 'include'),
      ],
    ],
    [
      'Shard',
      [
        ...[postgres, mongodb],
        ...consumes('ShardQueue'),
        ...['sqs:SendMessage ShardQueue', 'sqs:SendMessage ShardDeadLetters'],
      ],
    ],
    [
      'Evaluate',
      [
        mongodb,
        ...consumes('EvaluateQueue'),
        ...['sqs:SendMessage EvaluatedQueue', 'sqs:SendMessage EvaluateDeadLetters'],
        ...reads('harness', 'include'),
        'lambda:InvokeFunction function:sampler-dev-sandbox',
      ],
    ],
    ['Sweep', [mongodb, 'sqs:SendMessage EvaluateQueue', 'sqs:SendMessage EvaluatedQueue']],
  ])('let %s do what it does, and nothing else', (name, expected) => {
    expect(allowed(dev, `${name}Role`).toSorted()).toEqual([...common(name), ...expected].toSorted());
    expect(given(resourcesOf(dev, 'AWS::Lambda::Function'), `${name}LambdaFunction`).Role).toEqual({
      'Fn::GetAtt': [`${name}Role`, 'Arn'],
    });
  });

  it('allow every resource only where AWS knows no narrower one, and never every action', () => {
    for (const template of [dev, prod]) {
      for (const role of resourcesOf(template, 'AWS::IAM::Role').keys()) {
        if (role === 'SandboxRole') continue;
        const wide = allowed(template, role).filter((line) => /^\S*\*|"\*"$/.test(line));
        const services = new Set(wide.map((line) => line.split(':')[0]));
        expect([...services], role).toEqual(template === prod ? ['xray', 'ec2'] : ['xray']);
      }
    }
  });

  it('let functions in a VPC have network interfaces, but not the code in them', () => {
    for (const [role, { Policies }] of resourcesOf(prod, 'AWS::IAM::Role')) {
      if (role === 'SandboxRole') continue;
      const statements: Statement[] = Policies?.[0].PolicyDocument.Statement ?? [];
      const denied = statements.filter(({ Effect }) => Effect === 'Deny');
      expect(denied, role).toMatchObject([
        { Action: expect.arrayContaining(['ec2:CreateNetworkInterface']), Condition: { ArnEquals: expect.anything() } },
      ]);
    }
  });

  it('give the sandbox nothing: no right, no secret, no VPC', () => {
    for (const template of [dev, prod]) {
      expect(allowed(template, 'SandboxRole')).toEqual([]);
      const sandbox = given(resourcesOf(template, 'AWS::Lambda::Function'), 'SandboxLambdaFunction');
      expect(sandbox.VpcConfig).toBeUndefined();
      const variables = sandbox.Environment?.Variables ?? {};
      const filled = Object.keys(variables).filter((name) => variables[name] !== '');
      expect(filled.toSorted()).toEqual(['LEASE_SECONDS', 'LOG_LEVEL', 'POWERTOOLS_SERVICE_NAME']);
    }
  });

  it('read a secret where the addresses come from one', () => {
    expect(allowed(prod, 'SweepRole')).toEqual(
      expect.arrayContaining([
        'ssm:GetParameters parameter/aws/reference/secretsmanager/databases',
        'secretsmanager:GetSecretValue secret:databases-??????',
        `kms:Decrypt "${STAGES.prod.secretsKeyArn}"`,
      ]),
    );
  });
});

describe('functions', () => {
  it('run on arm64, traced, under the names of the contract', () => {
    for (const name of FUNCTIONS) {
      expect(given(resourcesOf(dev, 'AWS::Lambda::Function'), `${capital(name)}LambdaFunction`)).toMatchObject({
        FunctionName: `sampler-dev-${name}`,
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
      });
    }
  });

  it('keep their logs for a time that the stage says', () => {
    const days = (template: Template) => [
      ...new Set([...resourcesOf(template, 'AWS::Logs::LogGroup').values()].map((group) => group.RetentionInDays)),
    ];
    expect([days(dev), days(prod)]).toEqual([[7], [90]]);
  });

  it('are in a VPC only where one is given', () => {
    const vpcs = (template: Template) =>
      FUNCTIONS.map(
        (name) => given(resourcesOf(template, 'AWS::Lambda::Function'), `${capital(name)}LambdaFunction`).VpcConfig,
      );
    expect(vpcs(dev)).toEqual(FUNCTIONS.map(() => undefined));
    const vpc = {
      SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      SecurityGroupIds: ['sg-0123456789abcdef0'],
    };
    expect(vpcs(prod)).toEqual(FUNCTIONS.map(() => vpc));
  });

  it('sweep one at a time, except where the account has nothing to reserve', () => {
    const reserved = (template: Template) =>
      given(resourcesOf(template, 'AWS::Lambda::Function'), 'SweepLambdaFunction').ReservedConcurrentExecutions;
    expect([reserved(dev), reserved(prod)]).toEqual([1, { Ref: 'AWS::NoValue' }]);
  });

  it('have every variable that their code asks for, once the secrets are fetched', async () => {
    const bundles = await bundleFunctions(readServiceFile(ROOT), ROOT, mkdtempSync(join(ROOT, '.cache', 'functions-')));
    const values: Record<string, string> = {
      POSTGRES_URI: 'postgres://127.0.0.1/x',
      MONGODB_URI: 'mongodb://127.0.0.1/x',
    };
    for (const name of FUNCTIONS) {
      const { Variables } = given(
        resourcesOf(dev, 'AWS::Lambda::Function'),
        `${capital(name)}LambdaFunction`,
      ).Environment;
      const { NODE_OPTIONS, ...variables } = Variables;
      expect(NODE_OPTIONS).toBe('--max-semi-space-size=4 --import=/var/task/deploy/secrets.mjs');
      const env = Object.entries(variables).map(([variable, value]) => {
        const text =
          typeof value === 'string' ? value : `https://sqs.us-east-1.amazonaws.com/123456789012/${value.Ref}`;
        return [variable, values[variable] ?? text];
      });
      const load = 'require(process.argv[1]); process.exit()';
      const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', load, bundles[name] ?? ''], {
        encoding: 'utf8',
        env: { ...Object.fromEntries(env), AWS_REGION: 'us-east-1' },
      });
      expect(status, `${name}: ${stdout}${stderr}`).toBe(0);
    }
    for (const path of Object.values(bundles)) rmSync(join(path, '..'), { recursive: true, force: true });
  });

  it('never have an address of a database in their configuration', () => {
    for (const { Environment } of resourcesOf(prod, 'AWS::Lambda::Function').values()) {
      const { MONGODB_URI, POSTGRES_URI = '' } = Environment.Variables;
      expect([MONGODB_URI, POSTGRES_URI]).toEqual(['', '']);
      expect(JSON.stringify(Environment)).not.toContain('{{resolve:');
    }
  });
});

describe('queues', () => {
  it.each(QUEUES)('hide a %s message for at least six times as long as its function may take', (name) => {
    const { Timeout } = given(resourcesOf(dev, 'AWS::Lambda::Function'), `${capital(name)}LambdaFunction`);
    const { VisibilityTimeout = 0 } = given(resourcesOf(dev, 'AWS::SQS::Queue'), `${capital(name)}Queue`);
    expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
  });

  it.each(['Sample', 'Shard'])('deliver a message of %s that died again before its request is abandoned', (name) => {
    const { Timeout, Environment } = given(resourcesOf(dev, 'AWS::Lambda::Function'), `${name}LambdaFunction`);
    const { VisibilityTimeout = 0 } = given(resourcesOf(dev, 'AWS::SQS::Queue'), `${name}Queue`);
    expect(Number(Environment.Variables['LEASE_SECONDS'])).toBeGreaterThan(VisibilityTimeout + Timeout);
  });

  it.each(QUEUES)('try a %s message as often as the functions count on, then keep it for two weeks', (name) => {
    const queues = resourcesOf(dev, 'AWS::SQS::Queue');
    const { RedrivePolicy, MessageRetentionPeriod } = given(queues, `${capital(name)}Queue`);
    expect(RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [`${capital(name)}DeadLetters`, 'Arn'] },
      maxReceiveCount: MAX_RECEIVES,
    });
    // SQS counts from the day a message was sent, also after it was moved.
    const kept = given(queues, `${capital(name)}DeadLetters`).MessageRetentionPeriod;
    expect([kept, kept - MessageRetentionPeriod]).toEqual([14 * DAY, 7 * DAY]);
  });

  it('encrypt what they hold, and take encrypted connections only, as does the bucket', () => {
    const queues = [...resourcesOf(dev, 'AWS::SQS::Queue')];
    expect(queues.filter(([, { SqsManagedSseEnabled }]) => !SqsManagedSseEnabled)).toEqual([]);
    const ofQueues = [...resourcesOf(dev, 'AWS::SQS::QueuePolicy').values()];
    const guarded = ofQueues.flatMap(({ Queues }) => Queues.map(({ Ref }) => Ref));
    expect(guarded.toSorted()).toEqual(queues.map(([id]) => id).toSorted());
    const ofBuckets = [...resourcesOf(dev, 'AWS::S3::BucketPolicy').values()];
    expect(ofBuckets.map(({ Bucket }) => Bucket.Ref)).toContain('DatasetsBucket');
    for (const { PolicyDocument } of [...ofQueues, ...ofBuckets]) {
      const [only] = PolicyDocument.Statement;
      const Condition = { Bool: { 'aws:SecureTransport': expect.toSatisfy((value) => String(value) === 'false') } };
      expect(only).toMatchObject({ Effect: 'Deny', Condition });
    }
  });

  it('drive their functions by no more batches than the databases have connections for', () => {
    const sources = [...resourcesOf(dev, 'AWS::Lambda::EventSourceMapping').values()];
    expect(sources.map(({ FunctionResponseTypes }) => FunctionResponseTypes)).toEqual(
      QUEUES.map(() => ['ReportBatchItemFailures']),
    );
    // Scoring needs no Postgres.
    const ofPostgres = sources.filter(({ EventSourceArn }) => !JSON.stringify(EventSourceArn).includes('Evaluate'));
    const instances = ofPostgres.reduce((sum, { ScalingConfig }) => sum + ScalingConfig.MaximumConcurrency, 0);
    expect(instances * CONNECTIONS_PER_INSTANCE).toBeLessThanOrEqual(POSTGRES_CONNECTIONS / 2);
    const ofShards = resourcesOf(prod, 'AWS::Lambda::EventSourceMapping').get('ShardEventSourceMappingSQSShardQueue');
    expect(ofShards?.ScalingConfig.MaximumConcurrency).toBe(16);
  });

  it('keep the bucket closed to the public', () => {
    const closed = {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    };
    const buckets = Object.values(dev.Resources).filter(({ Type }) => Type === 'AWS::S3::Bucket');
    expect(buckets.map(({ Properties }) => Properties['PublicAccessBlockConfiguration'])).toEqual([closed, closed]);
  });
});

describe('alarms', () => {
  const alarms = () => [...resourcesOf(dev, 'AWS::CloudWatch::Alarm').values()];

  it('watch every queue, every dead-letter queue and every function', () => {
    const watched = alarms().map(({ MetricName, Dimensions }) => `${MetricName} ${Dimensions[0].Value}`);
    expect(watched.toSorted()).toEqual(
      [
        ...QUEUES.map((name) => `ApproximateNumberOfMessagesVisible sampler-dev-${name}-dlq`),
        ...QUEUES.map((name) => `ApproximateAgeOfOldestMessage sampler-dev-${name}`),
        ...FUNCTIONS.flatMap((name) => [`Errors sampler-dev-${name}`, `Throttles sampler-dev-${name}`]),
        'Duration sampler-dev-register',
      ].toSorted(),
    );
  });

  it('tell of waiting shards before their request is abandoned, and of a long load before it is cut off', () => {
    const threshold = (name: string) =>
      alarms().find(({ AlarmName }) => AlarmName === `sampler-dev-${name}`)?.Threshold;
    const functions = resourcesOf(dev, 'AWS::Lambda::Function');
    const lease = given(functions, 'ShardLambdaFunction').Environment.Variables['LEASE_SECONDS'];
    expect(threshold('shard-queue-old')).toBeLessThan(Number(lease));
    expect(threshold('register-long')).toBeLessThan(given(functions, 'RegisterLambdaFunction').Timeout * 1000);
  });

  it('each have a place in the operations page that says what to do', () => {
    const page = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
    for (const { AlarmName, AlarmDescription } of alarms()) {
      const name = AlarmName.replace('sampler-dev-', '');
      expect(AlarmDescription).toContain(`docs/operations.md, ${name}`);
      expect(page, name).toContain(`\`${name}\``);
    }
  });

  it('write to an operator only where one is named', () => {
    expect(dev.Resources).not.toHaveProperty('AlarmEmail');
    expect(prod.Resources).toMatchObject({
      AlarmEmail: { Properties: { Protocol: 'email', Endpoint: STAGES.prod.alarmEmail } },
    });
  });
});
