import { asText, type Resource } from './graph';
import { kindOf } from './kinds';
import type { Names } from './names';
import { actionInWords, grantsOfPolicy, serviceInWords, targetOf, type Grant } from './statements';

/** Who may do something by reason of a resource: of its IAM policy, or of what it is. */
export function grantsOf(resource: Resource, names: Names): Grant[] {
  const { type, inputs } = resource;
  const text = (input: string) => asText(inputs[input]);
  switch (type) {
    case 'aws:lambda/function:Function':
      return [
        { who: `the ${names.of(resource)}`, does: 'acts as', target: targetOf(text('role'), names), condition: '' },
      ];
    case 'aws:lambda/permission:Permission':
      return [permission(text, names)];
    case 'aws:apigatewayv2/route:Route':
      return [
        {
          who:
            (inputs.authorizationType ?? 'NONE') === 'NONE' ? 'anybody' : `whom ${text('authorizationType')} lets in`,
          does: `may call ${text('routeKey')} of`,
          target: targetOf(text('apiId'), names),
          condition: '',
        },
      ];
    case 'aws:lambda/eventSourceMapping:EventSourceMapping':
      return [
        {
          who: 'Lambda',
          does: `hands messages of ${targetOf(text('eventSourceArn'), names)} to`,
          target: targetOf(text('functionName'), names),
          condition: '',
        },
      ];
    case 'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy':
      return redrives(text, names);
    case 'aws:sns/topicSubscription:TopicSubscription':
      return [
        {
          who: `${text('endpoint')} (${text('protocol')})`,
          does: 'gets what is published to',
          target: targetOf(text('topic'), names),
          condition: '',
        },
      ];
    default:
      return policyGrants(resource, names);
  }
}

/** What the policy in an input of a resource says; nothing where it has none. */
export function policyGrants(resource: Resource, names: Names): Grant[] {
  const { policy } = kindOf(resource.type);
  const document = policy && resource.inputs[policy.input];
  if (policy === undefined || document === undefined) return [];
  const holder = policy.holder && names.resourceAt(asText(resource.inputs[policy.holder]))?.resource;
  return grantsOfPolicy(asText(document), { holder: holder && names.of(holder), self: names.of(resource) }, names);
}

function permission(text: (input: string) => string, names: Names): Grant {
  const qualifier = text('qualifier');
  const name = targetOf(text('function'), names);
  const onBehalfOf = [text('sourceArn'), text('sourceAccount')].filter((each) => each !== '');
  return {
    who: text('principal') === '*' ? 'anybody' : serviceInWords(text('principal')),
    does: `may ${actionInWords(text('action'))}`,
    target: qualifier === '' ? name : `the alias ${qualifier} of ${name}`,
    condition: onBehalfOf.map((each) => `on behalf of ${names.inWords(each)}`).join(', and '),
    action: text('action'),
  };
}

function redrives(text: (input: string) => string, names: Names): Grant[] {
  const { redrivePermission, sourceQueueArns = [] } = JSON.parse(text('redriveAllowPolicy')) as {
    redrivePermission: string;
    sourceQueueArns?: string[];
  };
  const sources: Readonly<Record<string, string[]>> = {
    allowAll: ['any queue of the account'],
    denyAll: ['no queue'],
    byQueue: sourceQueueArns.map((arn) => targetOf(arn, names)),
  };
  return (sources[redrivePermission] ?? []).map((who) => ({
    who,
    does: 'may move messages that were received too often to',
    target: targetOf(text('queueUrl'), names),
    condition: '',
  }));
}
