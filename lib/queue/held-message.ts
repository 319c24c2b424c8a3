import { SendMessageCommand, type SendMessageCommandInput } from '@aws-sdk/client-sqs';

/** What each call waits for, by what it sends. */
const awaited = new WeakMap<object, Promise<boolean>>();

/** The call was made ready for nothing. */
export class NotWanted extends Error {}

/**
 * A call that sends a message and is made ready at once, written and signed, but leaves only when it is known to be wanted. Where it is
 * not, or that fails, it never leaves: `send` throws {@link NotWanted}.
 */
export class HeldMessage extends SendMessageCommand {
  constructor(input: SendMessageCommandInput, wanted: Promise<boolean>) {
    super(input);
    awaited.set(
      this.input,
      wanted.catch(() => false),
    );
    // The client keeps the steps of the first such call for all: whose turn it is, they find by what is sent.
    this.middlewareStack.add(
      (next) => async (args) => {
        if ((await awaited.get(args.input)) !== true) throw new NotWanted('the message is not wanted');
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'held' },
    );
  }
}
