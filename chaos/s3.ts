import { gunzipSync } from 'node:zlib';
import type { Journal } from './journal';
import type { Answer, Handled, Passage, Request, Service } from './network';
import { insteadOf, NETWORK_FAULTS, type Disturbance, type Weather } from './weather';

export const ARCHIVE_BUCKET = 'archive';
export const S3_HOST = `${ARCHIVE_BUCKET}.s3.eu-central-1.amazonaws.com`;

export const S3_FAULTS = {
  ...NETWORK_FAULTS,
  'internal error': insteadOf(s3Error(500, 'InternalError'), 0.1),
  'slow down': insteadOf(s3Error(503, 'SlowDown')),
  forbidden: insteadOf(s3Error(403, 'AccessDenied')),
  'an answer that is not of S3': insteadOf({ status: 200, headers: { 'content-type': 'text/html' }, body: '' }),
} satisfies Record<string, Disturbance>;

/** S3, with one bucket that takes objects: a second one at the same path takes the place of the first. */
export class S3 implements Service {
  constructor(
    private readonly weather: Weather<keyof typeof S3_FAULTS>,
    private readonly journal: Journal,
  ) {}

  passage(): Passage {
    return this.weather.passage();
  }

  handle({ path, body }: Request): Handled {
    this.journal.archived.set(path, gunzipSync(body).toString('latin1'));
    return { answer: { status: 200, headers: { etag: '"0123456789abcdef0123456789abcdef"' }, body: '' } };
  }
}

function s3Error(status: number, code: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  };
}
