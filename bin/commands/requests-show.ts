import { Command } from 'commander';
import { findRequests, type RequestView } from '../../lib/operator/requests.ts';
import { NotFoundError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { jsonOption, optionsOf, withJson } from '../cli/options.ts';
import { facts, print } from '../cli/output.ts';
import { withSession } from '../cli/session.ts';

/** `sampler requests show`: one record, or all of one message. */
export function requestsShowCommand(): Command {
  const command = new Command('show')
    .description('show how a request stands: progress, error, lease, documents')
    .argument('<id>', 'id of a plan (24 hexadecimal digits, also _id of its tasks document), or of the message')
    .addHelpText('after', examples('requests show 6565a1f0c0ffee0123456789', 'requests show 2b8f6f0e-... --json'));
  return withJson(command).action((id: string) => run(id, command));
}

async function run(id: string, command: Command): Promise<void> {
  const { json } = optionsOf(jsonOption, command);
  await withSession(['mongodbUri'], async ({ clients }) => {
    const found = await findRequests(clients.mongo().db(), id);
    if (found.length === 0) {
      throw new NotFoundError(`no request ${id}; it was not taken yet, or is kept no longer (15 days).`);
    }
    print(json, found, () => found.map(requestText).join('\n\n'));
  });
}

function requestText(request: RequestView): string {
  const { shards, error, lease_until: lease } = request;
  const over = lease !== null && Date.parse(lease) < Date.now();
  return facts([
    ['id', request.id],
    ['message', request.request_id],
    ['state', request.state],
    ['goes on with', request.continues],
    ['error', error && `${error.code}: ${error.message}`],
    ['task', request.task],
    ['supplier', request.address && `${request.address} (${request.service})`],
    ['documents', request.documents],
    ['plan hash', request.plan_hash],
    ['shards', shards && `${shards.written} of ${shards.total} written`],
    ['instances', request.instances],
    ['attempt', request.attempt],
    ['queue', request.queue],
    ['body', request.body],
    ['created', request.created_at],
    ['updated', request.updated_at],
    ['lease', lease && `${lease}${over ? ' (over: the next sweep abandons it)' : ''}`],
  ]);
}
