import * as z from 'zod';

const statement = z.object({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: z.union([z.string().transform((action) => [action]), z.array(z.string())]),
  Resource: z.unknown(),
  Condition: z.unknown().optional(),
});
const policyDocument = z.object({ Statement: z.array(statement) });
const target = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) });

const schemas = {
  'AWS::Lambda::Function': z.object({
    FunctionName: z.string(),
    Timeout: z.number(),
    Architectures: z.array(z.string()),
    TracingConfig: z.object({ Mode: z.string() }),
    Role: target,
    Environment: z.object({ Variables: z.record(z.string(), z.union([z.string(), z.object({ Ref: z.string() })])) }),
    VpcConfig: z.unknown().optional(),
    ReservedConcurrentExecutions: z.unknown().optional(),
  }),
  'AWS::Lambda::EventSourceMapping': z.object({
    EventSourceArn: target,
    FunctionResponseTypes: z.array(z.string()),
    ScalingConfig: z.object({ MaximumConcurrency: z.number() }),
  }),
  'AWS::Logs::LogGroup': z.object({ LogGroupName: z.string(), RetentionInDays: z.number() }),
  'AWS::SQS::Queue': z.object({
    QueueName: z.string(),
    VisibilityTimeout: z.number().optional(),
    MessageRetentionPeriod: z.number(),
    SqsManagedSseEnabled: z.boolean(),
    RedrivePolicy: z.object({ deadLetterTargetArn: target, maxReceiveCount: z.number() }).optional(),
  }),
  'AWS::SQS::QueuePolicy': z.object({ Queues: z.array(z.object({ Ref: z.string() })), PolicyDocument: policyDocument }),
  'AWS::S3::BucketPolicy': z.object({ Bucket: z.object({ Ref: z.string() }), PolicyDocument: policyDocument }),
  'AWS::IAM::Role': z.object({
    // None: the role allows nothing.
    Policies: z.tuple([z.object({ PolicyDocument: policyDocument })]).optional(),
    ManagedPolicyArns: z.undefined().optional(),
  }),
  'AWS::CloudWatch::Alarm': z.object({
    AlarmName: z.string(),
    AlarmDescription: z.string(),
    Namespace: z.string(),
    MetricName: z.string(),
    Threshold: z.number(),
    Dimensions: z.tuple([z.object({ Name: z.string(), Value: z.string() })]),
    AlarmActions: z.tuple([z.object({ Ref: z.literal('AlarmTopic') })]),
  }),
} as const;

/** The resource types whose properties the tests read. */
type Known = keyof typeof schemas;
/** A statement of a policy, its actions as a list. */
export type Statement = z.output<typeof statement>;

const template = z.object({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()) })),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown() })),
});
/** A CloudFormation template. */
export type Template = z.output<typeof template>;

/** Reads a template's text. Throws a ZodError where it is none. */
export function parseTemplate(text: string): Template {
  return template.parse(JSON.parse(text));
}

/** The properties of all resources of a type, by logical id. Throws a ZodError where one lacks what the tests rely on. */
export function resourcesOf<Type extends Known>(
  { Resources }: Template,
  type: Type,
): Map<string, z.output<(typeof schemas)[Type]>>;
export function resourcesOf({ Resources }: Template, type: Known): Map<string, unknown> {
  const found = Object.entries(Resources).filter(([, { Type }]) => Type === type);
  return new Map(found.map(([id, { Properties }]) => [id, schemas[type].parse(Properties)]));
}

/** The resource of that id. Throws where there is none. */
export function given<T>(resources: ReadonlyMap<string, T>, id: string): T {
  const found = resources.get(id);
  if (found === undefined) throw new Error(`the template has no ${id}; it has ${[...resources.keys()].join(', ')}`);
  return found;
}
