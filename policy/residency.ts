import type { Policies, ResourceValidationArgs } from '@pulumi/policy';
import {
  AWS_REGIONS,
  BRAZE_CLUSTERS,
  JURISDICTION_NAMES,
  type BrazeCluster,
  type Jurisdiction,
} from '../components/regions';
import { known, texts } from './known';

/** Personal data stays where it comes from. */
export const RESIDENCY: Policies = [
  {
    name: 'residency',
    description:
      'Every resource, and everything that it names, is in the jurisdiction of the Braze cluster; where no tag says which ' +
      'that is, in the one of the AWS provider.',
    configSchema: {
      properties: {
        allowedCrossings: {
          description: 'Transfers that whoever answers for data protection agrees to, each FROM-TO such as AU-US.',
          type: 'array',
          items: { type: 'string' },
          default: [],
        },
      },
    },
    validateResource: (args, report) => {
      const { allowedCrossings } = args.getConfig<{ allowedCrossings: string[] }>();
      const home = homeOf(args);
      if (!args.type.startsWith('aws:') || home === undefined) return;
      for (const { region, place } of placesOf(args)) {
        const jurisdiction = AWS_REGIONS[region];
        if (jurisdiction === home.jurisdiction) continue;
        const crossing = jurisdiction === undefined ? undefined : `${home.jurisdiction}-${jurisdiction}`;
        if (crossing !== undefined && allowedCrossings.includes(crossing)) continue;
        report(
          `The ${args.type.split(':').at(-1) ?? ''} ${args.name} belongs into ${JURISDICTION_NAMES[home.jurisdiction]}, by ` +
            `${home.by}, but ${place} is in ${placeName(region, jurisdiction)}. Choose places in one jurisdiction` +
            (crossing === undefined
              ? '.'
              : `; or, where whoever answers for data protection agrees to this transfer, add ${crossing} to ` +
                `allowedCrossings of the policy residency in the file for --policy-pack-config.`),
        );
      }
    },
  },
];

function homeOf({ props, provider }: ResourceValidationArgs): { jurisdiction: Jurisdiction; by: string } | undefined {
  const cluster = at(at(props, 'tags'), 'braze-cluster');
  if (typeof cluster === 'string' && cluster in BRAZE_CLUSTERS) {
    const { jurisdiction } = BRAZE_CLUSTERS[cluster as BrazeCluster];
    return { jurisdiction, by: `the Braze cluster ${cluster}` };
  }
  const region = at(provider?.props, 'region');
  const jurisdiction = AWS_REGIONS[String(region)];
  return jurisdiction && { jurisdiction, by: `the AWS provider's region ${String(region)}` };
}

/** Where a resource is, and where what it names is. */
function placesOf({ props, provider }: ResourceValidationArgs): { region: string; place: string }[] {
  const own = at(props, 'region') ?? at(provider?.props, 'region');
  const places = new Map(texts(props).flatMap(regionsIn));
  return [
    ...(typeof own === 'string' ? [{ region: own, place: 'it' }] : []),
    ...[...places].map(([place, region]) => ({ region, place })),
  ];
}

/** By the ARN or host name that says it. */
function regionsIn(text: string): [string, string][] {
  const arns = text.matchAll(/arn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2}-[a-z-]+-\d):[^\s"']*/g);
  const hosts = text.matchAll(/[\w.-]+\.([a-z]{2}-[a-z-]+-\d)\.amazonaws\.com/g);
  return [...arns, ...hosts].map(([place, region = '']) => [place, region]);
}

function placeName(region: string, jurisdiction: Jurisdiction | undefined): string {
  return jurisdiction === undefined
    ? `${region}, a region that components/regions.ts does not know`
    : `${region} in ${JURISDICTION_NAMES[jurisdiction]}`;
}

function at(properties: unknown, name: string): unknown {
  return typeof properties === 'object' && properties !== null ? known(properties, name) : undefined;
}
