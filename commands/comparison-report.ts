import type { Comparison, OneSided, Sample } from '../replay/comparison';
import { stringifyJson } from '../runtime/transform/json';
import { kindOf } from './mask';

/** Places in messages that are told; the others, of which there may be as many as customers' own keys, are counted. */
const PLACES = 50;

/** Places whose values hold nothing personal. */
const SHOWN =
  /^\$\.(?:type|event|channel|timestamp|originalTimestamp|integrations\b.*|context\.(?:library|integration)\b.*)$/;

/** In lines, how the messages of two files differ. */
export function comparisonReport(comparison: Comparison, showPersonalData: boolean): string {
  const { unchanged, changed, changes, appeared, vanished } = comparison;
  const places = [...changes].sort(([, one], [, other]) => other.messages - one.messages);
  const hidden = places.length - PLACES;
  return [
    `unchanged: ${unchanged}`,
    `changed: ${changed}`,
    ...places
      .slice(0, PLACES)
      .flatMap(([path, { messages, samples }]) => [
        `  ${path}: ${messages}`,
        ...samples.map((sample) => `    ${sampleLine(sample, showPersonalData)}`),
      ]),
    ...(hidden > 0 ? [`  and ${hidden} more places`] : []),
    `only in the newer file: ${appeared.messages}`,
    ...appeared.samples.map(oneSidedLine),
    `only in the older file: ${vanished.messages}`,
    ...vanished.samples.map(oneSidedLine),
    '',
  ].join('\n');
}

function sampleLine({ messageId, path, old, new: now }: Sample, showPersonalData: boolean): string {
  const shown = (value: unknown) => {
    if (value === undefined) return 'nothing';
    return stringifyJson(showPersonalData || SHOWN.test(path) ? value : kindOf(value));
  };
  return `${messageId}: ${shown(old)} → ${shown(now)}`;
}

function oneSidedLine({ messageId, event }: OneSided): string {
  return `  ${messageId}: ${stringifyJson(event ?? null)}`;
}
