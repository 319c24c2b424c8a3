'use strict';
/** Alarms, and the topic that announces them. What to do at each: docs/operations.md. */

/**
 * By queue: how old its oldest message may become, in seconds. A sample message is planned in seconds. Shards wait behind
 * those of other requests, but none may wait for as long as a request's lease. Data sets take up to 15 minutes each.
 */
const OLDEST_SECONDS = { register: 7200, sample: 900, shard: 1800, evaluate: 1800 };
/** A load that takes this much of the function's 900 seconds has no room to grow. */
const LONG_LOAD_MS = 810_000;
const FIVE_MINUTES = 300;

module.exports = async ({ resolveVariable }) => {
  const prefix = `${await resolveVariable('self:service')}-${await resolveVariable('sls:stage')}`;
  const email = await resolveVariable('param:alarmEmail');
  const queues = Object.keys(OLDEST_SECONDS);
  const alarms = [
    ...queues.flatMap((queue) => queueAlarms(prefix, queue)),
    ...[...queues, 'sweep'].flatMap((name) => functionAlarms(prefix, name)),
    longLoad(prefix),
  ];
  return {
    Resources: { ...topic(prefix, email), ...Object.fromEntries(alarms) },
    Outputs: { AlarmTopicArn: { Value: { Ref: 'AlarmTopic' } } },
  };
};

function queueAlarms(prefix, queue) {
  const ofQueue = (QueueName) => ({ Namespace: 'AWS/SQS', Dimensions: [{ Name: 'QueueName', Value: QueueName }] });
  return [
    alarm(prefix, `${queue}-dlq-not-empty`, {
      ...ofQueue(`${prefix}-${queue}-dlq`),
      AlarmDescription: `A ${queue} message was abandoned or refused.`,
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      Period: FIVE_MINUTES,
      Threshold: 0,
    }),
    alarm(prefix, `${queue}-queue-old`, {
      ...ofQueue(`${prefix}-${queue}`),
      AlarmDescription: `A ${queue} message has been waiting for ${OLDEST_SECONDS[queue] / 60} minutes.`,
      MetricName: 'ApproximateAgeOfOldestMessage',
      Statistic: 'Maximum',
      Period: FIVE_MINUTES,
      Threshold: OLDEST_SECONDS[queue],
    }),
  ];
}

/** Messages that fail are no errors of the function: those are crashes, time-outs, and starts that failed. */
function functionAlarms(prefix, name) {
  const ofFunction = {
    Namespace: 'AWS/Lambda',
    Dimensions: [{ Name: 'FunctionName', Value: `${prefix}-${name}` }],
    Statistic: 'Sum',
    Period: FIVE_MINUTES,
    Threshold: 0,
  };
  return [
    alarm(prefix, `${name}-errors`, {
      ...ofFunction,
      AlarmDescription: `The function ${name} crashed, timed out or could not start.`,
      MetricName: 'Errors',
      // One sweep that fails is repaired by the next.
      ...(name === 'sweep' ? { EvaluationPeriods: 3, DatapointsToAlarm: 2 } : {}),
    }),
    alarm(prefix, `${name}-throttles`, {
      ...ofFunction,
      AlarmDescription: `Lambda has no room for the function ${name}.`,
      MetricName: 'Throttles',
      // A burst while other functions of the account are busy mends itself.
      EvaluationPeriods: 3,
      DatapointsToAlarm: 3,
    }),
  ];
}

function longLoad(prefix) {
  return alarm(prefix, 'register-long', {
    Namespace: 'AWS/Lambda',
    Dimensions: [{ Name: 'FunctionName', Value: `${prefix}-register` }],
    AlarmDescription: 'Loading a data set took nearly all of the time that the function register has.',
    MetricName: 'Duration',
    Statistic: 'Maximum',
    Period: FIVE_MINUTES,
    Threshold: LONG_LOAD_MS,
  });
}

/** An alarm by its logical id, which is its name in another spelling. It goes off above the threshold. */
function alarm(prefix, name, properties) {
  const id = name.replace(/(?:^|-)(\w)/g, (_match, letter) => letter.toUpperCase());
  const actions = [{ Ref: 'AlarmTopic' }];
  const Properties = {
    AlarmName: `${prefix}-${name}`,
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 1,
    TreatMissingData: 'notBreaching',
    AlarmActions: actions,
    OKActions: actions,
    ...properties,
    AlarmDescription: `${properties.AlarmDescription} What to do: docs/operations.md, ${name}.`,
  };
  return [`${id}Alarm`, { Type: 'AWS::CloudWatch::Alarm', Properties }];
}

/** CloudWatch can't publish to topics that are encrypted with AWS's own key; what alarms say is no secret. */
function topic(prefix, email) {
  const Topic = { Ref: 'AlarmTopic' };
  const fromAlarms = {
    Sid: 'FromAlarms',
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: 'sns:Publish',
    Resource: Topic,
    Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
  };
  const encrypted = {
    Sid: 'OnlyEncryptedConnections',
    Effect: 'Deny',
    Principal: '*',
    Action: 'sns:Publish',
    Resource: Topic,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  const subscription = {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: Topic, Protocol: 'email', Endpoint: email },
  };
  return {
    AlarmTopic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: `${prefix}-alarms` } },
    AlarmTopicPolicy: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [Topic],
        PolicyDocument: { Version: '2012-10-17', Statement: [fromAlarms, encrypted] },
      },
    },
    ...(email === '' ? {} : { AlarmEmail: subscription }),
  };
}
