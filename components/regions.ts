import type { NameOf, Problem } from './problem';

/**
 * Where the three parties are, by jurisdiction. Braze: "Braze instances" and "Currents" in its documentation.
 * RudderStack: Cloud has a US and an EU region. AWS: "AWS Regions" in its global infrastructure. As of August 2026.
 */

/** Whose law the data stands under. The European Union is one; the United Kingdom and Switzerland are not in it. */
export const Jurisdiction = {
  AE: 'AE',
  AU: 'AU',
  BH: 'BH',
  BR: 'BR',
  CA: 'CA',
  CH: 'CH',
  EU: 'EU',
  GB: 'GB',
  HK: 'HK',
  ID: 'ID',
  IL: 'IL',
  IN: 'IN',
  JP: 'JP',
  KR: 'KR',
  MX: 'MX',
  MY: 'MY',
  NZ: 'NZ',
  SG: 'SG',
  TH: 'TH',
  TW: 'TW',
  US: 'US',
  ZA: 'ZA',
} as const;
export type Jurisdiction = (typeof Jurisdiction)[keyof typeof Jurisdiction];

export const JURISDICTION_NAMES: Record<Jurisdiction, string> = {
  AE: 'the United Arab Emirates',
  AU: 'Australia',
  BH: 'Bahrain',
  BR: 'Brazil',
  CA: 'Canada',
  CH: 'Switzerland',
  EU: 'the European Union',
  GB: 'the United Kingdom',
  HK: 'Hong Kong',
  ID: 'Indonesia',
  IL: 'Israel',
  IN: 'India',
  JP: 'Japan',
  KR: 'Korea',
  MX: 'Mexico',
  MY: 'Malaysia',
  NZ: 'New Zealand',
  SG: 'Singapore',
  TH: 'Thailand',
  TW: 'Taiwan',
  US: 'the United States',
  ZA: 'South Africa',
};

/** A Braze cluster ("instance"), as the Braze dashboard names it. There is no US-09. */
export const BrazeCluster = {
  US01: 'US-01',
  US02: 'US-02',
  US03: 'US-03',
  US04: 'US-04',
  US05: 'US-05',
  US06: 'US-06',
  US07: 'US-07',
  US08: 'US-08',
  US10: 'US-10',
  EU01: 'EU-01',
  EU02: 'EU-02',
  AU01: 'AU-01',
  ID01: 'ID-01',
  JP01: 'JP-01',
  KR01: 'KR-01',
} as const;
export type BrazeCluster = (typeof BrazeCluster)[keyof typeof BrazeCluster];

/** A region of RudderStack Cloud. */
export const RudderStackRegion = { US: 'US', EU: 'EU' } as const;
export type RudderStackRegion = (typeof RudderStackRegion)[keyof typeof RudderStackRegion];

interface Place {
  jurisdiction: Jurisdiction;
  /** The AWS region next to it. */
  awsRegion: string;
}

const UNITED_STATES: Place = { jurisdiction: 'US', awsRegion: 'us-east-1' };
const EUROPEAN_UNION: Place = { jurisdiction: 'EU', awsRegion: 'eu-central-1' };

export const BRAZE_CLUSTERS: Record<BrazeCluster, Place> = {
  'US-01': UNITED_STATES,
  'US-02': UNITED_STATES,
  'US-03': UNITED_STATES,
  'US-04': UNITED_STATES,
  'US-05': UNITED_STATES,
  'US-06': UNITED_STATES,
  'US-07': UNITED_STATES,
  'US-08': UNITED_STATES,
  'US-10': UNITED_STATES,
  'EU-01': EUROPEAN_UNION,
  'EU-02': EUROPEAN_UNION,
  'AU-01': { jurisdiction: 'AU', awsRegion: 'ap-southeast-2' },
  'ID-01': { jurisdiction: 'ID', awsRegion: 'ap-southeast-3' },
  'JP-01': { jurisdiction: 'JP', awsRegion: 'ap-northeast-1' },
  'KR-01': { jurisdiction: 'KR', awsRegion: 'ap-northeast-2' },
};

/** The AWS regions of the partition `aws`. */
export const AWS_REGIONS: Record<string, Jurisdiction> = {
  'af-south-1': 'ZA',
  'ap-east-1': 'HK',
  'ap-east-2': 'TW',
  'ap-northeast-1': 'JP',
  'ap-northeast-2': 'KR',
  'ap-northeast-3': 'JP',
  'ap-south-1': 'IN',
  'ap-south-2': 'IN',
  'ap-southeast-1': 'SG',
  'ap-southeast-2': 'AU',
  'ap-southeast-3': 'ID',
  'ap-southeast-4': 'AU',
  'ap-southeast-5': 'MY',
  'ap-southeast-6': 'NZ',
  'ap-southeast-7': 'TH',
  'ca-central-1': 'CA',
  'ca-west-1': 'CA',
  'eu-central-1': 'EU',
  'eu-central-2': 'CH',
  'eu-north-1': 'EU',
  'eu-south-1': 'EU',
  'eu-south-2': 'EU',
  'eu-west-1': 'EU',
  'eu-west-2': 'GB',
  'eu-west-3': 'EU',
  'il-central-1': 'IL',
  'me-central-1': 'AE',
  'me-south-1': 'BH',
  'mx-central-1': 'MX',
  'sa-east-1': 'BR',
  'us-east-1': 'US',
  'us-east-2': 'US',
  'us-west-1': 'US',
  'us-west-2': 'US',
};

/** What a user says about where the data goes; all else follows from the Braze cluster. */
export interface ResidencyChoice {
  brazeCluster: BrazeCluster;
  awsRegion?: string;
  rudderstackRegion?: RudderStackRegion;
  /** Of a self-hosted data plane, in place of a region. */
  rudderstackJurisdiction?: Jurisdiction;
  /** Each `FROM-TO`, such as `AU-US`. */
  allowedCrossings?: readonly string[];
}

export interface Residency {
  awsRegion: string;
  /** Where the data plane is. */
  rudderstackJurisdiction: Jurisdiction;
}

type ResidencyKey = keyof ResidencyChoice;

/**
 * Follows the data from Braze through AWS to RudderStack.
 *
 * @param nameOf what a setting is called where the reader of a message sets it.
 * @returns where it goes, and a problem for each step that leaves a jurisdiction without being allowed to.
 */
export function residencyOf(
  choice: ResidencyChoice,
  nameOf: NameOf<ResidencyKey>,
): Residency & { problems: Problem<ResidencyKey>[] } {
  const { brazeCluster, rudderstackJurisdiction, allowedCrossings = [] } = choice;
  const cluster = BRAZE_CLUSTERS[brazeCluster];
  const origin = cluster.jurisdiction;
  const awsRegion = choice.awsRegion ?? cluster.awsRegion;
  const aws = AWS_REGIONS[awsRegion] ?? origin;
  const region = choice.rudderstackRegion ?? Object.values(RudderStackRegion).find((each) => each === origin);
  const rudderstack = rudderstackJurisdiction ?? region;

  const path =
    `Braze sends it from ${JURISDICTION_NAMES[origin]} (cluster ${brazeCluster}), AWS processes it in ` +
    `${JURISDICTION_NAMES[aws]} (region ${awsRegion}), and RudderStack receives it in ` +
    rudderstackPlace(rudderstack, rudderstackJurisdiction !== undefined);
  const steps: [Jurisdiction, Jurisdiction][] = [[origin, aws]];
  if (rudderstack !== undefined) steps.push([aws, rudderstack]);
  const crossings: Problem<ResidencyKey>[] = steps
    .filter(([from, to]) => from !== to && !allowedCrossings.includes(`${from}-${to}`))
    .map(([from, to], index) => ({
      key: 'allowedCrossings',
      message:
        `Personal data would be transferred from ${JURISDICTION_NAMES[from]} to ${JURISDICTION_NAMES[to]}, and no agreement ` +
        `to that is on record. ${path}. To keep it in ${JURISDICTION_NAMES[origin]}, choose an AWS region and a ` +
        `RudderStack data plane there. If whoever is responsible for data protection has agreed to this transfer, record ` +
        `that: add ${from}-${to} to ${nameOf('allowedCrossings')}.`,
      fixes: [{ key: 'allowedCrossings', at: `[${allowedCrossings.length + index}]`, value: `${from}-${to}` }],
    }));
  if (rudderstack !== undefined) return { awsRegion, rudderstackJurisdiction: rudderstack, problems: crossings };

  const noRegion: Problem<ResidencyKey> = {
    key: 'rudderstackRegion',
    message:
      `${nameOf('rudderstackRegion')} is not set, and none follows from ${nameOf('brazeCluster')} ${brazeCluster}: it is in ` +
      `${JURISDICTION_NAMES[origin]}, where RudderStack Cloud has no region. Set ${nameOf('rudderstackRegion')} to US or ` +
      `EU and allow that crossing with ${nameOf('allowedCrossings')} (${aws}-US or ${aws}-EU); or, with a data plane ` +
      `that you host yourself, set ${nameOf('rudderstackJurisdiction')} to where it stands, such as ${aws}.`,
    fixes: [
      { key: 'rudderstackJurisdiction', at: '', value: aws, when: 'a data plane of your own that stands there' },
      { key: 'rudderstackRegion', at: '', value: 'US', when: 'RudderStack Cloud, together with' },
      { key: 'allowedCrossings', at: `[${allowedCrossings.length}]`, value: `${aws}-US`, when: 'this transfer' },
    ],
  };
  return { awsRegion, rudderstackJurisdiction: origin, problems: [...crossings, noRegion] };
}

function rudderstackPlace(jurisdiction: Jurisdiction | undefined, isSelfHosted: boolean): string {
  if (jurisdiction === undefined) return 'a place that is not said';
  return `${JURISDICTION_NAMES[jurisdiction]} (${isSelfHosted ? 'a data plane of your own' : `region ${jurisdiction}`})`;
}
