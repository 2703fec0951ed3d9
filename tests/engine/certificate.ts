import { randomUUID } from 'node:crypto';
import { generate } from 'selfsigned';

/** As PEM. */
export interface Certificate {
  key: string;
  certificate: string;
}

/** Of a server on this machine; it is its own authority. */
export async function newCertificate(): Promise<Certificate> {
  // Of several authorities of one name, OpenSSL looks at the first only.
  const name = { name: 'commonName', value: `localhost ${randomUUID()}` };
  const { private: key, cert: certificate } = await generate([name], {
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { key, certificate };
}
