import zlib from 'node:zlib';

const { gzip, gunzip } = zlib;

type Callback = (error: Error | null, result: Buffer) => void;

/** An asynchronous function of zlib without its thread: who finishes first must not depend on the machine. */
function atOnce<Options>(work: (bytes: zlib.InputType, options?: Options) => Buffer) {
  return (bytes: zlib.InputType, ...rest: [Callback] | [Options, Callback]): void => {
    const [options, callback] = rest.length === 2 ? rest : [undefined, rest[0]];
    let result: Buffer;
    try {
      result = work(bytes, options);
    } catch (error) {
      callback(error as Error, Buffer.alloc(0));
      return;
    }
    callback(null, result);
  };
}

Object.assign(zlib, { gzip: atOnce(zlib.gzipSync), gunzip: atOnce(zlib.gunzipSync) });

/** For everybody who loads zlib's functions from now on; the modules that did before keep theirs. */
export function restoreZlib(): void {
  Object.assign(zlib, { gzip, gunzip });
}
