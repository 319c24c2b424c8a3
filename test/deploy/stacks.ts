import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { emulatorAccess } from '../../localstack/resources.ts';
import type { Template } from './template.ts';

/**
 * Makes a stack of a template at an emulator, waits until it stands, and gives its outputs by name. Throws an Error with
 * the emulator's reason where it fails.
 */
export async function createStack(
  endpoint: string,
  StackName: string,
  template: Pick<Template, 'Resources'> & Partial<Template>,
): Promise<Map<string, string>> {
  const client = new CloudFormationClient(emulatorAccess(endpoint));
  try {
    await client.send(
      new CreateStackCommand({
        StackName,
        TemplateBody: JSON.stringify({ AWSTemplateFormatVersion: '2010-09-09', ...template }),
        Capabilities: ['CAPABILITY_NAMED_IAM'],
      }),
    );
    await waitUntilStackCreateComplete({ client, maxWaitTime: 90, minDelay: 1, maxDelay: 1 }, { StackName });
    const { Stacks: [{ Outputs = [] } = {}] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    return new Map(Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  } finally {
    client.destroy();
  }
}
