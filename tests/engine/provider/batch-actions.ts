/** For calls with several messages, MiniStack looks for actions of their own. AWS looks for those for one message. */
const BATCHES = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:SendMessage'];

interface PolicyDocument {
  Statement: { Action: string[] }[];
}

/** A policy in which what is allowed for one message is allowed for several. */
export function withBatchActions(policy: string): string {
  return mapped(policy, (action) => (BATCHES.includes(action) ? [action, `${action}Batch`] : [action]));
}

/** The policy that became this one by `withBatchActions`. */
export function withoutBatchActions(policy: string): string {
  return mapped(policy, (action) => (BATCHES.some((name) => action === `${name}Batch`) ? [] : [action]));
}

function mapped(policy: string, change: (action: string) => string[]): string {
  const document = JSON.parse(policy) as PolicyDocument;
  const Statement = document.Statement.map((statement) => ({
    ...statement,
    Action: statement.Action.flatMap(change),
  }));
  return JSON.stringify({ ...document, Statement });
}
